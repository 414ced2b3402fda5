/** Runs the conformance suite on both transports. */
import { describeTransport } from "../../src/transport/conformance/describe_transport.ts";
import { GrpcTransport, InProcessTransport } from "../../src/transport/index.ts";
import { freePort } from "./free_port.ts";

describeTransport("in-process", () => new InProcessTransport());
describeTransport("gRPC", async () => new GrpcTransport({ host: "127.0.0.1", port: await freePort() }));
