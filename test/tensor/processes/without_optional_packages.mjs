/** Makes every optional package unresolvable, as on a machine where none is installed. */
import { readFileSync } from "node:fs";
import { register } from "node:module";

const { peerDependencies } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
const hooks = `
  const optional = ${JSON.stringify(Object.keys(peerDependencies))};
  export async function resolve(specifier, context, next) {
    if (!optional.some((name) => specifier === name || specifier.startsWith(name + "/"))) return next(specifier, context);
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
