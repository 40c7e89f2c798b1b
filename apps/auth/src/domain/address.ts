import { isIPv4, isIPv6 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * The network an address is counted under: an IPv4 address by itself, an IPv6 address by its /64, for that is what one
 * subscriber has. Every way to write an address gives the same text.
 */
export function addressPrefix(address: string): string {
  const [unscoped = ''] = address.split('%', 1);
  const mapped = MAPPED_IPV4.exec(unscoped)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIPv4(unscoped)) return unscoped;
  return isIPv6(unscoped) ? `${groupsOf(unscoped).slice(0, 4).join(':')}::/64` : 'unknown';
}

function groupsOf(address: string): string[] {
  // WHATWG URL writes IPv6 in its one canonical form (RFC 5952), dotted tails included.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last];
}
