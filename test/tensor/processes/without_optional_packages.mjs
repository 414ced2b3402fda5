/** Makes every optional package unresolvable, as on a machine where none is installed. */
import { readFileSync } from "node:fs";
import { register } from "node:module";

const { peerDependenciesMeta } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
const optional = Object.keys(peerDependenciesMeta).filter((name) => peerDependenciesMeta[name].optional);
const hooks = `
  const optional = ${JSON.stringify(optional)};
  export async function resolve(specifier, context, next) {
    if (!optional.some((name) => specifier === name || specifier.startsWith(name + "/"))) return next(specifier, context);
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
