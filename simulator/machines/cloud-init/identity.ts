import type { MachineSpec } from '../contract';
import type { CloudConfig } from './cloud-config';
import { quote } from './shell';
import type { Stage } from './stage';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The short name: cloud-config's wish before the computer name that ARM was given. */
export function hostnameOf(spec: MachineSpec, config: CloudConfig): string {
  const name = text(config['hostname']) || text(config['fqdn']) || spec.computerName;
  return name.split('.')[0] ?? '';
}

/**
 * The VM's name in its own files. In Azure the network's DNS knows a VM's name; here its own hosts file does,
 * renewed at each boot because a started VM may have another address.
 */
export function identityStage(spec: MachineSpec, config: CloudConfig): Stage {
  const hostname = hostnameOf(spec, config);
  const names = new Set([spec.computerName, hostname, text(config['fqdn'])].filter((name) => name !== ''));
  const entry = `${spec.privateIpAddress} ${[...names].join(' ')} # azure-dns`;
  const script = [
    `printf '%s\\n' ${quote(hostname)} >/etc/hostname`,
    "grep -v '# azure-dns$' /etc/hosts >/run/hosts",
    `printf '%s\\n' ${quote(entry)} >>/run/hosts`,
    'cat /run/hosts >/etc/hosts; rm /run/hosts',
    `log INFO main.py ${quote(`Cloud-init (simulated) running on ${hostname}`)}`,
  ];
  return { name: 'identity', frequency: 'always', script: script.join('\n') };
}
