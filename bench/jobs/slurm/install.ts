import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { apt } from '../../apt';

/** Where Debian's packages have them. */
export const programs = {
  munged: '/usr/sbin/munged',
  slurmctld: '/usr/sbin/slurmctld',
  slurmd: '/usr/sbin/slurmd',
  sbatch: '/usr/bin/sbatch',
  srun: '/usr/bin/srun',
  sinfo: '/usr/bin/sinfo',
  squeue: '/usr/bin/squeue',
  tini: '/usr/bin/tini',
};

const services = { munge: programs.munged, slurmctld: programs.slurmctld, slurmd: programs.slurmd };
const install = ['install', '-y', '-q', '--no-install-recommends', 'slurm-wlm', 'tini'];
/** Debian's packages ask it before they start a service; 101 says that they may not. */
const policy = '/usr/sbin/policy-rc.d';

/** Installs Debian's Slurm where it is missing. Its services do not run afterwards, nor do they start with the machine. */
export function installSlurm(): void {
  if (isInstalled()) return;
  const byHand = `apt-get ${install.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    throw new Error(`Slurm is not installed. Run \`${byHand}\` as root.`);
  process.stderr.write(`Installing Slurm (once): ${byHand}\n`);
  const missing = Object.entries(services).filter(([, program]) => !existsSync(program));
  apt('update', '-q');
  withoutStartingServices(() => apt(...install));
  for (const [service] of missing) disable(service);
  if (!isInstalled())
    throw new Error('The packages are installed, but their programs are not where Debian has them.');
}

function isInstalled(): boolean {
  return Object.values(programs).every((program) => existsSync(program));
}

function withoutStartingServices(work: () => void): void {
  if (existsSync(policy)) return work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    rmSync(policy, { force: true });
  }
}

function disable(service: string): void {
  // The machine may have a policy of its own, which let it start.
  if (existsSync('/run/systemd/system')) spawnSync('systemctl', ['--quiet', 'stop', service]);
  spawnSync('update-rc.d', [service, 'disable']);
}
