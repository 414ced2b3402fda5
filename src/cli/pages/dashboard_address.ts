/** Addresses of the dashboard, on this machine and for other devices on the network. */
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { renderUnicodeCompact } from "uqr";
import { terminal } from "../terminal/terminal.ts";

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** Virtual networks and tunnels, which a phone can rarely reach. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|lxc|podman|tun|tap|utun|wg|zt|tailscale)/i;
const QUIET_ZONE = 2;

/** Printed on Ctrl-C, so that the prompt begins on a new line. */
export const DASHBOARD_CLOSES = "the dashboard closes";

/** Prints the address, and a QR code if other machines can open it and the terminal is wide enough. */
export function announceDashboard(url: string): void {
  const { here, elsewhere } = addressesOf(url, networkInterfaces());
  terminal.print(`dashboard on ${here ?? elsewhere[0]}`);
  if (here !== undefined) for (const address of elsewhere) terminal.print(`  from other machines: ${address}`);
  const code = elsewhere[0] === undefined ? undefined : qrCode(elsewhere[0], terminal.columns ?? 0);
  if (code !== undefined) terminal.picture(code);
}

/**
 * @param url of a dashboard; its host may be a wildcard such as 0.0.0.0.
 * @returns `here`: the address on this machine. `elsewhere`: the addresses for other machines, likeliest first.
 */
export function addressesOf(url: string, interfaces: Interfaces): { here?: string; elsewhere: string[] } {
  const { hostname } = new URL(url);
  const at = (host: string) => url.replace(`//${hostname}`, `//${host}`);
  if (/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) return { here: url, elsewhere: [] };
  if (hostname !== "0.0.0.0" && hostname !== "[::]") return { elsewhere: [url] };
  const hosts = Object.entries(interfaces)
    .sort(([a], [b]) => Number(VIRTUAL.test(a)) - Number(VIRTUAL.test(b)))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, family, address }) => {
      // Link-local addresses of IPv6 need a zone, which browsers don't take.
      return !internal && (family === "IPv4" || (hostname === "[::]" && !address.toLowerCase().startsWith("fe80:")));
    })
    .sort((a, b) => a.family.localeCompare(b.family))
    .map(({ family, address }) => (family === "IPv6" ? `[${address}]` : address));
  return { here: at("127.0.0.1"), elsewhere: [...new Set(hosts)].map(at) };
}

/** Black on white, whatever the terminal's theme; undefined if it is wider than the terminal. */
export function qrCode(text: string, columns: number): string | undefined {
  const lines = renderUnicodeCompact(text, { ecc: "L", boostEcc: false, border: QUIET_ZONE }).split("\n");
  if (lines[0]!.length >= columns) return undefined;
  return lines.map((line) => `\u001b[38;5;231;48;5;16m${line}\u001b[0m`).join("\n");
}
