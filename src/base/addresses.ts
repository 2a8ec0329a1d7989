// What kind of address an address is: in a list of networks, and whether it belongs to somebody on the open internet.
import { BlockList, isIP } from 'node:net';

/** Addresses and CIDRs as a list that can be asked. */
export function addressList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}

/** False for what is no address. */
export function isListed(address: string, list: BlockList): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Neither this machine, nor a network of its own, nor anything with a special purpose (the registries of RFC 6890). */
export function isPublicAddress(address: string): boolean {
  const isGlobal = isIP(address) === 4 || (isIP(address) === 6 && isListed(address, GLOBAL_UNICAST));
  return isGlobal && !isListed(address, SPECIAL);
}

/** As a host stands in a URL, or bare. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127(\.\d+){3}$/.test(hostname)
  );
}

const GLOBAL_UNICAST = addressList(['2000::/3']);
const SPECIAL = addressList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Teredo, ORCHID and their like; 6to4, which carries an IPv4 address; documentation.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]);
