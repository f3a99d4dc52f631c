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
  const line = (...fields: string[]) => lines.push(`${fields.map(escapeField).join(' ')} 0 0`);
  const bind = (source: string, target: string, options: string) =>
    line(source, root + target, 'none', options);
  /** File systems of their own, whose source is but a name. */
  const mount = (type: string, target: string, options: string) => line(type, root + target, type, options);

  bind(root, '', 'bind');
  const overlayOf = (name: string) =>
    `lowerdir=/${name},upperdir=${layerOf(files, name)},workdir=${layerOf(files, `${name}-work`)}${isolation.overlayOptions}`;
  if (isolation.overlay) {
    mount('overlay', '/usr', overlayOf('usr'));
    mount('overlay', '/etc', overlayOf('etc'));
  } else {
    bind('/usr', '/usr', 'rbind,ro');
    bind(layerOf(files, 'usr-local'), '/usr/local', 'bind');
  }
  for (const name of SYSTEM_LINKS) {
    if (existsSync(`/${name}`) && (await lstat(join(root, name))).isDirectory())
      bind(`/${name}`, `/${name}`, 'rbind,ro');
  }
  for (const path of PACKAGE_DATABASES) if (existsSync(path)) bind(path, path, 'rbind,ro');
  bind(nodePath, '/usr/local/bin/node', 'bind,ro');
  mount('proc', '/proc', 'nosuid,nodev,noexec');
  // The machine's kernel settings and control groups are not the VM's to change.
  bind(`${root}/proc/sys`, '/proc/sys', isolation.rootless ? 'rbind,ro' : 'bind,ro');
  bind('/sys', '/sys', isolation.rootless ? 'rbind,ro' : 'bind,ro');
  for (const name of DEVICES) if (existsSync(`/dev/${name}`)) bind(`/dev/${name}`, `/dev/${name}`, 'bind');
  mount('devpts', '/dev/pts', 'newinstance,ptmxmode=0666,mode=620');
  mount('tmpfs', '/dev/shm', 'nosuid,nodev,mode=1777');
  mount('tmpfs', '/run', 'nosuid,nodev,mode=755');
  lines.push('');
  await writeFile(files.fstab, lines.join('\n'));
}
