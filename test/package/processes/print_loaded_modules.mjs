/** Preloaded with `--import`: prints every module that the program loads, ES modules and CommonJS alike. */
import { createRequire, register } from "node:module";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";

const hooks = `
  let port;
  export const initialize = (data) => { port = data.port; };
  export const load = (url, context, next) => { port.postMessage(url); return next(url, context); };
`;
const { port1, port2 } = new MessageChannel();
register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
  data: { port: port2 },
  transferList: [port2],
});
port1.unref();
process.on("exit", () => {
  for (let received = receiveMessageOnPort(port1); received; received = receiveMessageOnPort(port1)) {
    console.log(received.message);
  }
  for (const file of Object.keys(createRequire(import.meta.url).cache)) console.log(file);
});
