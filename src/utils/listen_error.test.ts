import { createServer } from "node:net";
import { expect, test } from "vitest";
import { ListenError, namingSettings, tryPort } from "./listen_error.ts";

test("a port that another program uses is named, with the setting that chooses another", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as { port: number };
    const cause = await tryPort("127.0.0.1", port);
    const error = new ListenError("127.0.0.1", port, cause!);
    expect(error.message).toBe(`cannot listen on port ${port} of 127.0.0.1: another program uses it`);
    expect(() => namingSettings({ port: "--metrics-port" })(error)).toThrow(
      "choose another port with --metrics-port (0 takes any free",
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("listening works on a free port and fails on a foreign address", async () => {
  expect(await tryPort("127.0.0.1", 0)).toBeUndefined();
  const cause = await tryPort("192.0.2.1", 0);
  const error = new ListenError("192.0.2.1", 0, cause!);
  expect(error.message).toContain("192.0.2.1 is no address of this machine");
  expect(() => namingSettings({ port: "--port", host: "--host" })(error)).toThrow(
    "Choose one of this machine's with --host: 127.0.0.1 for programs on it",
  );
});

test("other errors pass unchanged", () => {
  const error = new Error("something else");
  expect(() => namingSettings({ port: "--port" })(error)).toThrow(error);
});
