import type { LinuxConfiguration } from '@azure/arm-compute';
import { createHash } from 'node:crypto';
import type { GuestSetup } from '../ports';

/** Login by key alone; a new VM's agent is on, so that Azure can report on it. */
export function linuxConfigurationOf(
  guest: GuestSetup,
  place: { adminUsername: string; resourceName: string },
): LinuxConfiguration {
  const keys = guest.sshPublicKeys.length > 0 ? guest.sshPublicKeys : [nobodysKey(place.resourceName)];
  const path = `/home/${place.adminUsername}/.ssh/authorized_keys`;
  return {
    disablePasswordAuthentication: true,
    provisionVMAgent: true,
    ssh: { publicKeys: keys.map((keyData) => ({ path, keyData })) },
  };
}

/**
 * Azure demands an SSH key or a password. Where the user gave none, nobody is to log in: this is an Ed25519 key whose public
 * half is a hash, so that no one ever had the private half. It follows from the name, as a repeated PUT of a VM with
 * another key would be refused.
 */
function nobodysKey(resourceName: string): string {
  const point = createHash('sha256').update(`muster: no login: ${resourceName.toLowerCase()}`).digest();
  const type = Buffer.from('ssh-ed25519');
  const blob = Buffer.concat([lengthOf(type), type, lengthOf(point), point]);
  return `ssh-ed25519 ${blob.toString('base64')} nobody`;
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}
