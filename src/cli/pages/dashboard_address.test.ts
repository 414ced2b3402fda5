import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { addressesOf, qrCode } from "./dashboard_address.ts";

const at = (address: string, internal = false) =>
  ({ address, internal, family: address.includes(":") ? "IPv6" : "IPv4" }) as NetworkInterfaceInfo;
const INTERFACES = {
  lo: [at("127.0.0.1", true), at("::1", true)],
  docker0: [at("172.17.0.1")],
  wlan0: [at("192.168.1.23"), at("2001:db8::5"), at("fe80::1")],
  eth0: [at("10.0.0.7")],
};

describe("the dashboard's addresses", () => {
  it.each(["http://127.0.0.1:8765/", "http://localhost:8765/", "http://[::1]:8765/?token=x"])("is %s alone", (url) => {
    expect(addressesOf(url, INTERFACES)).toEqual({ here: url, elsewhere: [] });
  });

  it("are those of every network when it listens on all of them, virtual ones last", () => {
    expect(addressesOf("http://0.0.0.0:8765/?token=abcdefgh", INTERFACES)).toEqual({
      here: "http://127.0.0.1:8765/?token=abcdefgh",
      elsewhere: ["192.168.1.23", "10.0.0.7", "172.17.0.1"].map((host) => `http://${host}:8765/?token=abcdefgh`),
    });
  });

  it("are of IPv6 too where it listens there, without those that need a zone", () => {
    const { elsewhere } = addressesOf("http://[::]:80/?token=abcdefgh", { wlan0: INTERFACES.wlan0 });
    expect(elsewhere).toEqual(["http://192.168.1.23:80/?token=abcdefgh", "http://[2001:db8::5]:80/?token=abcdefgh"]);
  });

  it("is the one it was given", () => {
    const url = "http://192.168.1.23:8765/?token=abcdefgh";
    expect(addressesOf(url, INTERFACES)).toEqual({ elsewhere: [url] });
  });

  it("become a QR code where the terminal is wide enough", () => {
    const url = `http://192.168.1.23:8765/?token=${"a".repeat(32)}`;
    expect(qrCode(url, 80)!.split("\n").length).toBeGreaterThan(10);
    expect(qrCode(url, 30)).toBeUndefined();
  });
});
