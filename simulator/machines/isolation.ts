import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from './cloud-init/shell';

/** How this machine lets us give a VM its own mounts and process ids. */
export interface Isolation {
  /** Words before the program: the chain that makes the namespaces and dies with the simulator. */
  command: readonly string[];
  /** True where /etc and /usr can be copy-on-write layers; otherwise /etc is copied and /usr read-only. */
  overlay: boolean;
  overlayOptions: string;
  /** True inside a user namespace, where only root exists and some mounts need their sub-mounts along. */
  rootless: boolean;
}

const NAMESPACES = ['unshare', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child'];
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL'];
// A new user namespace resets the parent-death signal (the kernel clears it when credentials change), so setpriv comes after it.
const AS_ROOT = [...DIE_WITH_PARENT, ...NAMESPACES];
const AS_USER = ['unshare', '--user', '--map-root-user', ...DIE_WITH_PARENT, ...NAMESPACES];

function runs(command: readonly string[], script: string): { ok: boolean; reason: string } {
  const [file = '', ...args] = command;
  const result = spawnSync(file, [...args, '/bin/sh', '-c', script], { encoding: 'utf8', timeout: 10_000 });
  return { ok: result.status === 0, reason: (result.error?.message ?? result.stderr ?? '').trim() };
}

function overlayWorks(command: readonly string[], rootFolder: string, options: string): boolean {
  const probe = mkdtempSync(join(rootFolder, '.overlay-probe-'));
  for (const name of ['upper', 'work', 'merged']) mkdirSync(join(probe, name));
  const mountOptions = `lowerdir=/etc,upperdir=${probe}/upper,workdir=${probe}/work${options}`;
  const mount = `mount -t overlay overlay -o ${quote(mountOptions)} merged`;
  const result = runs(command, `cd ${quote(probe)} && ${mount} && : >merged/probe && rm merged/hostname`);
  // Overlay leaves a folder that only the namespace's root may enter.
  runs(command, `rm -rf ${quote(probe)}`);
  return result.ok;
}

/** Finds out, once for a fleet, what this machine allows; throws with what to enable when it allows nothing. */
export function detectIsolation(rootFolder: string): Isolation {
  if (process.platform !== 'linux') {
    throw new Error(
      `Simulated VMs are made of Linux namespaces and this machine runs ${process.platform}: use Linux or WSL 2.`,
    );
  }
  const isRoot = process.getuid?.() === 0;
  const attempts = isRoot ? [AS_ROOT, AS_USER] : [AS_USER];
  let reason = '';
  for (const command of attempts) {
    const result = runs(command, 'mount -t tmpfs tmpfs /mnt && mount -t proc proc /mnt');
    if (result.ok) {
      const rootless = command === AS_USER;
      const overlayOptions = rootless ? ',userxattr' : '';
      return {
        command,
        overlay: overlayWorks(command, rootFolder, overlayOptions),
        overlayOptions,
        rootless,
      };
    }
    reason = result.reason;
  }
  throw new Error(
    `This machine does not let the simulator isolate a VM (${reason || 'unshare failed'}). Run it as root (a container ` +
      'needs --cap-add SYS_ADMIN, or --privileged), or enable unprivileged user namespaces: ' +
      'sysctl user.max_user_namespaces=10000 and, where they exist, kernel.unprivileged_userns_clone=1 and ' +
      'kernel.apparmor_restrict_unprivileged_userns=0. util-linux (unshare, setpriv, mount, pivot_root) must be installed.',
  );
}
