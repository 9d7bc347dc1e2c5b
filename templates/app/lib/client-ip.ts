// create-edge-ai 0.1.0
import { clientIpHeader } from "./platform.ts";

/** Who a client without a key is: its IPv4 address, or the /64 of its IPv6 address, which is one customer's. */
export function clientIp(request: Request): string {
  const address = request.headers.get(clientIpHeader) ?? "unknown";
  return address.includes(":") && !address.includes(".") ? networkOf(address) : address;
}

/** The first four groups. "::" stands for as many zeros as are missing to eight. */
function networkOf(address: string): string {
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - last.length) }, () => "0");
  const all = tail === undefined ? groups : [...groups, ...zeros, ...last];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
