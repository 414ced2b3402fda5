/** Host and port as one string, with IPv6 hosts in brackets. */

export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
