import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Isolation } from './isolation';

/**
 * The files of one VM. `disk` is what a power cut leaves behind: the VM's root folder and its own
 * layers over the machine's /etc and /usr. The machine's system folders stand for the VM's image.
 */
export interface MachineFolder {
  folder: string;
  disk: string;
  seed: string;
  console: string;
  fstab: string;
}

const FRESH = ['home', 'media', 'mnt', 'opt', 'srv', 'var', 'var/cache', 'var/lib', 'var/log', 'var/spool'];
const MOUNT_POINTS = ['dev', 'etc', 'proc', 'run', 'sys', 'usr'];
export const SYSTEM_LINKS = ['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'];
export const DEVICES = ['full', 'null', 'random', 'tty', 'urandom', 'zero'];
/**
 * systemd's words for power, which need systemd. Process 1 takes SIGPWR as the power button, but a shell acts on a signal
 * only between commands: so everything else is killed first, as a shutdown does.
 */
const POWER_COMMANDS = ['halt', 'poweroff', 'shutdown'];
const POWER_OFF = `#!/bin/sh
case " $* " in
  *' -r '* | *' --reboot '*)
    echo "\${0##*/}: a simulated VM cannot restart itself" >&2
    exit 1
    ;;
esac
kill -PWR 1 && kill -KILL -1
`;
const USR_LOCAL = ['bin', 'etc', 'include', 'lib', 'sbin', 'share', 'src'];
export const PACKAGE_DATABASES = ['/var/lib/dpkg', '/var/lib/rpm'];

export function machineFolder(folder: string): MachineFolder {
  return {
    folder,
    disk: join(folder, 'disk'),
    seed: join(folder, 'seed'),
    console: join(folder, 'console.log'),
    fstab: join(folder, 'fstab'),
  };
}

export const rootFolderOf = (files: MachineFolder) => join(files.disk, 'root');
export const layerOf = (files: MachineFolder, name: string) => join(files.disk, name);

/** Deletes a VM's files; in a user namespace only its own root may enter every folder that its processes made. */
export async function removeFolder(folder: string, isolation: Isolation): Promise<void> {
  if (isolation.rootless && existsSync(folder)) {
    await promisify(execFile)('unshare', ['--user', '--map-root-user', 'rm', '-rf', '--', folder]);
  } else await rm(folder, { recursive: true, force: true });
}

/** Makes a fresh disk as an image would come: only here does the simulator touch the VM's files from outside. */
export async function createDisk(files: MachineFolder, isolation: Isolation): Promise<void> {
  const root = rootFolderOf(files);
  for (const name of [...MOUNT_POINTS, ...FRESH]) await mkdir(join(root, name), { recursive: true });
  for (const name of ['root', 'tmp', 'var/tmp']) await mkdir(join(root, name));
  await chmod(join(root, 'root'), 0o700);
  await chmod(join(root, 'tmp'), 0o1777);
  await chmod(join(root, 'var/tmp'), 0o1777);
  await symlink('/run', join(root, 'var/run'));
  await symlink('/run/lock', join(root, 'var/lock'));
  for (const name of SYSTEM_LINKS) await copySystemLink(name, root);
  await createDeviceNodes(join(root, 'dev'));
  for (const path of PACKAGE_DATABASES) if (existsSync(path)) await mkdir(join(root, path));
  const etc = await createLayers(files, isolation);
  await writeMachineIdentity(etc);
}

/** Mount points for the machine's harmless devices; its disks and terminals stay out of reach. */
async function createDeviceNodes(dev: string): Promise<void> {
  for (const name of DEVICES) if (existsSync(`/dev/${name}`)) await writeFile(join(dev, name), '');
  for (const name of ['pts', 'shm']) await mkdir(join(dev, name));
  await symlink('pts/ptmx', join(dev, 'ptmx'));
  await symlink('/proc/self/fd', join(dev, 'fd'));
  for (const [fd, name] of ['stdin', 'stdout', 'stderr'].entries())
    await symlink(`/proc/self/fd/${fd}`, join(dev, name));
}

async function copySystemLink(name: string, root: string): Promise<void> {
  if (!existsSync(`/${name}`)) return;
  if ((await lstat(`/${name}`)).isSymbolicLink()) await symlink(await readlink(`/${name}`), join(root, name));
  else await mkdir(join(root, name));
}

async function createLayers(files: MachineFolder, isolation: Isolation): Promise<string> {
  if (isolation.overlay) {
    for (const name of ['etc', 'etc-work', 'usr', 'usr-work']) await mkdir(layerOf(files, name));
    await createOwnPrograms(join(layerOf(files, 'usr'), 'local'));
    return layerOf(files, 'etc');
  }
  for (const name of USR_LOCAL) await mkdir(join(layerOf(files, 'usr-local'), name), { recursive: true });
  await createOwnPrograms(layerOf(files, 'usr-local'));
  const etc = join(rootFolderOf(files), 'etc');
  // A simulator that is not root cannot read shadow and private keys: cp names them, copies the rest and ends with 1.
  await promisify(execFile)('cp', ['-a', '/etc/.', etc]).catch((error: unknown) => {
    if (!isolation.rootless) throw error;
  });
  return etc;
}

/** What the VM has in /usr/local and the machine need not have: the place of Node, and the power commands. */
async function createOwnPrograms(usrLocal: string): Promise<void> {
  for (const name of ['bin', 'sbin']) await mkdir(join(usrLocal, name), { recursive: true });
  await writeFile(join(usrLocal, 'bin/node'), '', { mode: 0o755 });
  for (const name of POWER_COMMANDS)
    await writeFile(join(usrLocal, 'sbin', name), POWER_OFF, { mode: 0o755 });
}

async function writeMachineIdentity(etc: string): Promise<void> {
  const files: Record<string, string> = {
    // Azure's DNS (168.63.129.16) is not there; what the machine resolves, the VM resolves.
    'resolv.conf': await readFile('/etc/resolv.conf', 'utf8').catch(() => ''),
    'machine-id': `${randomBytes(16).toString('hex')}\n`,
    fstab: '# No disk is mounted from here: the simulated VM starts with its file systems in place.\n',
    hosts: '127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n',
    hostname: 'localhost\n',
  };
  for (const [name, content] of Object.entries(files)) {
    await rm(join(etc, name), { force: true });
    await writeFile(join(etc, name), content);
  }
}
