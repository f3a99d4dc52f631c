// Debian packages that a command needs beside Node. Built-ins only, Node 20: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What is looked for (a program on the PATH, or what `isThere` finds) -> package that brings it, and what is done before it comes. */
const known = {
  // Only its `schema` command is used. With this file cloud-init stays off at every later boot of this machine.
  'cloud-init': { package: 'cloud-init', prepare: keepCloudInitOff },
  // For examples/dask.
  'dask-scheduler': { package: 'python3-distributed' },
  mpiexec: { package: 'openmpi-bin' },
  mpicc: { package: 'libopenmpi-dev' },
  gcc: { package: 'gcc' },
  // A virtual environment of Debian's Python needs pip's own wheel, which is a package of its own.
  'python3-venv': {
    package: 'python3-venv',
    isThere: () => spawnSync('/usr/bin/python3', ['-c', 'import ensurepip']).status === 0,
  },
};

/**
 * Installs what is missing, where this process may; otherwise answers what is to be installed by hand, null when all is there.
 * A test is never left out for the want of a program.
 */
export function installSystemPackages(programs, say) {
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length === 0) return null;
  const packages = missing.map((program) => known[program].package);
  const byHand = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) return `${missing.join(', ')} is not on this machine; as root: ${byHand}`;
  if (!isOnPath('apt-get')) return `${missing.join(', ')} is not on this machine, and neither is apt-get`;
  say(`installing Debian packages (once): ${packages.join(' ')}`);
  for (const program of missing) known[program].prepare?.();
  const isInstalled = install(packages) || (aptGet(['update', '-q']) && install(packages));
  return isInstalled && missing.every(isThere) ? null : `could not install by itself; try: ${byHand}`;
}

function install(packages) {
  return aptGet(['install', '-q', '-y', '--no-install-recommends', ...packages]);
}

function aptGet(args) {
  const ran = spawnSync('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
  });
  return ran.status === 0;
}

function keepCloudInitOff() {
  mkdirSync('/etc/cloud', { recursive: true });
  writeFileSync('/etc/cloud/cloud-init.disabled', '');
}

function isThere(program) {
  return known[program].isThere?.() ?? isOnPath(program);
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
