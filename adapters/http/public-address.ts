// Is this IP address on the public network? What others choose for us to call must be (security: SSRF). Names are
// resolved in egress.ts.

import { BlockList, isIP, isIPv4 } from 'node:net';

// IANA special-purpose address registries (RFC 6890 and its updates): all that is not globally reachable.
const closedV4 = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  closedV4.addSubnet(network, prefix, 'ipv4');
}

/** Global unicast is all that IANA has given out; mapped, NAT64, link-local, ULA and multicast lie outside it. */
const openV6 = new BlockList();
openV6.addSubnet('2000::', 3, 'ipv6');

const closedV6 = new BlockList();
for (const [network, prefix] of [
  // Teredo, benchmarking, ORCHID
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4 carries any IPv4 address inside
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  closedV6.addSubnet(network, prefix, 'ipv6');
}

/** False also for what is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  if (isIPv4(address)) return !closedV4.check(address, 'ipv4');
  return openV6.check(address, 'ipv6') && !closedV6.check(address, 'ipv6');
}
