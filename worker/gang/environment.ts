import { writeFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { BlockList } from 'node:net';
import path from 'node:path';
import type { GangNode } from '../../shared/contracts/gangs';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import type { Environment } from '../task/environment';
import type { TaskFolder } from '../task/folder';

/** Open MPI's: a VM a line, with the ranks that it takes. */
export function hostFileText(nodes: readonly GangNode[], ranksPerWorker: number | undefined): string {
  return nodes.map(({ host, slots }) => `${host} slots=${ranksPerWorker ?? slots}\n`).join('');
}

/** The subnet that an address of this VM lies in, as 10.0.0.0/24; undefined where no interface has it. */
export function subnetOf(
  address: string,
  interfaces: Partial<Record<string, NetworkInterfaceInfo[]>>,
): string | undefined {
  for (const { family, cidr } of Object.values(interfaces).flatMap((found) => found ?? [])) {
    if (family !== 'IPv4' || cidr === null) continue;
    const [base, bits] = cidr.split('/') as [string, string];
    const subnet = new BlockList();
    subnet.addSubnet(base, Number(bits), 'ipv4');
    if (/^[\d.]+$/.test(address) && subnet.check(address, 'ipv4')) return networkOf(base, Number(bits));
  }
  return undefined;
}

function networkOf(base: string, bits: number): string {
  const size = 2 ** (32 - bits);
  const value = base.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const network = value - (value % size);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${bits}`;
}

interface Place {
  folder: TaskFolder;
  nodes: readonly GangNode[];
  /** Of this VM within the gang. */
  index: number;
  specification: Pick<JobSpecification, 'mpi'>;
  subnet: string | undefined;
  launchAgent: string;
}

/** Writes the host file and answers what a task is told of its gang. MPI's own settings are those of Open MPI 4, and of 5 (PRRTE). */
export function gangEnvironment({
  folder,
  nodes,
  index,
  specification,
  subnet,
  launchAgent,
}: Place): Environment {
  const hostFile = path.join(folder.root, 'hosts');
  const ranksPerWorker = specification.mpi?.ranksPerWorker;
  writeFileSync(hostFile, hostFileText(nodes, ranksPerWorker), { mode: 0o644 });
  return {
    MUSTER_NODES: String(nodes.length),
    MUSTER_NODE_INDEX: String(index),
    MUSTER_NODE_ADDRESSES: nodes.map(({ address }) => address).join(','),
    MUSTER_HOSTFILE: hostFile,
    OMPI_MCA_orte_default_hostfile: hostFile,
    PRTE_MCA_prte_default_hostfile: hostFile,
    // Else a bridge of containers, which has the same address on every VM, may be taken for the way to the others.
    ...(subnet !== undefined && {
      OMPI_MCA_btl_tcp_if_include: subnet,
      OMPI_MCA_oob_tcp_if_include: subnet,
      PRTE_MCA_prte_if_include: subnet,
    }),
    MUSTER_LAUNCH_AGENT: launchAgent,
    OMPI_MCA_plm_rsh_agent: launchAgent,
    PRTE_MCA_plm_ssh_agent: launchAgent,
    // The head launches on every VM, and hears how each launch ends: a daemon that went its own way could not tell that it failed.
    OMPI_MCA_plm_rsh_no_tree_spawn: '1',
    PRTE_MCA_plm_ssh_no_tree_spawn: '1',
    OMPI_MCA_orte_leave_session_attached: '1',
    PRTE_MCA_prte_leave_session_attached: '1',
    // It asks what shell a command for another VM is written for, and the task's user has none.
    SHELL: '/bin/sh',
  };
}

/** What the job sets for MPI wins; what Muster tells, it tells. */
export function withGang(gang: Environment, environment: Environment): Environment {
  const told = Object.entries(gang).filter(([name]) => name.startsWith('MUSTER_'));
  return { ...gang, ...environment, ...Object.fromEntries(told) };
}
