import { existsSync } from 'node:fs';
import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Isolation } from './isolation';
import {
  DEVICES,
  layerOf,
  type MachineFolder,
  PACKAGE_DATABASES,
  rootFolderOf,
  SYSTEM_LINKS,
} from './root-file-system';

const escapeField = (path: string) =>
  path.replace(/\\/g, '\\134').replace(/ /g, '\\040').replace(/\t/g, '\\011').replace(/#/g, '\\043');

/** The VM's mounts, in order, for one `mount -a`; made anew at every boot. */
export async function writeFstab(
  files: MachineFolder,
  isolation: Isolation,
  nodePath: string,
): Promise<void> {
  const root = rootFolderOf(files);
  const lines: string[] = [];
  const add = (source: string, target: string, type: string, options: string) =>
    lines.push([source, root + target, type, options].map(escapeField).join(' ') + ' 0 0');

  add(root, '', 'none', 'bind');
  const overlayOf = (name: string) =>
    `lowerdir=/${name},upperdir=${layerOf(files, name)},workdir=${layerOf(files, `${name}-work`)}${isolation.overlayOptions}`;
  if (isolation.overlay) {
    add('overlay', '/usr', 'overlay', overlayOf('usr'));
    add('overlay', '/etc', 'overlay', overlayOf('etc'));
  } else {
    add('/usr', '/usr', 'none', 'rbind,ro');
    add(layerOf(files, 'usr-local'), '/usr/local', 'none', 'bind');
  }
  for (const name of SYSTEM_LINKS) {
    if (existsSync(`/${name}`) && (await lstat(join(root, name))).isDirectory())
      add(`/${name}`, `/${name}`, 'none', 'rbind,ro');
  }
  for (const path of PACKAGE_DATABASES) if (existsSync(path)) add(path, path, 'none', 'rbind,ro');
  add(nodePath, '/usr/local/bin/node', 'none', 'bind,ro');
  add('proc', '/proc', 'proc', 'nosuid,nodev,noexec');
  // The machine's kernel settings and control groups are not the VM's to change.
  add(`${root}/proc/sys`, '/proc/sys', 'none', isolation.rootless ? 'rbind,ro' : 'bind,ro');
  add('/sys', '/sys', 'none', isolation.rootless ? 'rbind,ro' : 'bind,ro');
  for (const name of DEVICES)
    if (existsSync(`/dev/${name}`)) add(`/dev/${name}`, `/dev/${name}`, 'none', 'bind');
  add('devpts', '/dev/pts', 'devpts', 'newinstance,ptmxmode=0666,mode=620');
  add('tmpfs', '/dev/shm', 'tmpfs', 'nosuid,nodev,mode=1777');
  add('tmpfs', '/run', 'tmpfs', 'nosuid,nodev,mode=755');
  lines.push('');
  await writeFile(files.fstab, lines.join('\n'));
}
