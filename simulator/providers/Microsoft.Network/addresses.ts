import { ArmError } from '../../resource-manager/errors';

/** Azure keeps the first four addresses of a subnet and its last one for itself. */
const RESERVED_FIRST = 4;
/** The host's own: 127.0.0.1 and the resolver of systemd live here, so no VM does. */
const HOST_RANGE_END = (127 << 24) + 256;

export interface Prefix {
  base: number;
  size: number;
}

export function parsePrefix(text: string): Prefix | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const bits = Number(match[5]);
  if (octets.some((octet) => octet > 255) || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { base: Math.floor(address / size) * size, size };
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value / 2 ** shift) & 255).join('.');
}

/**
 * Private addresses that really answer on this machine. A subnet's prefix is laid into 127.0.0.0/8 by changing its
 * first octet (10.1.0.0/24 gives 127.1.0.4, ...), so a simulated VM can listen on the address that ARM shows for it.
 * INVARIANT: no address belongs to two network interfaces, even when two virtual networks overlap.
 */
export class AddressBook {
  private readonly taken = new Set<number>();

  /** Throws SubnetIsFull when the subnet has no address left. */
  allocate(subnetId: string, prefixText: string): string {
    const prefix = parsePrefix(prefixText);
    if (prefix) {
      const base = (prefix.base % 2 ** 24) + 127 * 2 ** 24;
      const limit = Math.min(base + prefix.size - 1, 128 * 2 ** 24 - 1);
      for (let address = base + RESERVED_FIRST; address < limit; address++) {
        if (address < HOST_RANGE_END || this.taken.has(address)) continue;
        this.taken.add(address);
        return formatAddress(address);
      }
    }
    const name = subnetId.slice(subnetId.lastIndexOf('/') + 1);
    throw new ArmError(400, 'SubnetIsFull', {
      message: `Subnet ${name} with address prefix ${prefixText} does not have enough capacity for 1 IP addresses.`,
      details: [],
    });
  }

  free(address: string): void {
    const prefix = parsePrefix(`${address}/32`);
    if (prefix) this.taken.delete(prefix.base);
  }
}

/** The prefix in which the addresses of a subnet really lie. */
export function loopbackPrefix(prefixText: string): string {
  return prefixText.replace(/^\d+\./, '127.');
}
