import { stringify } from 'yaml';
import type { AgentConfig, GuestOptions } from '../../contracts';
import { configPath, logPath, preparePath, reportPath, startPath } from './places';
import { reportScript } from './report-script';
import { setUpScripts } from './set-up-scripts';
import { startScript } from './start-script';

/** Azure takes 64 KiB of base64; AzManagers' own guard is kept (its CLU-7). */
export const maxCustomDataCharacters = 64_000;

export interface BootRequest {
  agentConfig: AgentConfig;
  /** SHA-256 (hex) of the agent's bundle: the VM runs that file or none. */
  agentSha256: string;
  /** Root's commands before the agent starts, from the template. */
  bootCommands: string[];
  guest?: GuestOptions | undefined;
  /** Numbers of the template's data disks. */
  dataDiskLuns?: number[];
}

export const taskUser = 'muster-task';

/**
 * The template's own commands, one after another, at every boot; one that fails is reported and the next still runs. Each is
 * given to a shell of its own as text, so that one that does not even parse spoils no other.
 */
function prepareScript(commands: string[]): string {
  const lines = commands.map(
    (command) => `/bin/sh -c ${quoted(command)} || echo "muster: a boot command ended with $?" >&2`,
  );
  return ['#!/bin/sh', '# Written by Muster: the bootCommands of the template.', ...lines, ''].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** cloud-init waits for its scripts; the agent must outlive them: its own session, its own log. */
const perBootScript = `#!/bin/sh
setsid -f ${startPath} >>${logPath} 2>&1 </dev/null
`;

/** The cloud-config text a VM boots from. It holds no secret but the join token. */
export function cloudConfig(request: BootRequest): string {
  const setUp = setUpScripts(request.guest, request.dataDiskLuns ?? []);
  const document = {
    users: [
      'default',
      { name: request.agentConfig.taskUser, system: true, shell: '/bin/sh', lock_passwd: true },
    ],
    write_files: [
      {
        path: configPath,
        permissions: '0600',
        owner: 'root:root',
        encoding: 'b64',
        content: Buffer.from(JSON.stringify(request.agentConfig)).toString('base64'),
      },
      {
        path: preparePath,
        permissions: '0755',
        owner: 'root:root',
        content: prepareScript(request.bootCommands),
      },
      ...setUp.map(({ path, content }) => ({ path, permissions: '0755', owner: 'root:root', content })),
      { path: reportPath, permissions: '0755', owner: 'root:root', content: reportScript() },
      { path: startPath, permissions: '0755', owner: 'root:root', content: startScript(request, setUp) },
      // A per-boot script and not runcmd: a VM that reboots enrols again, and cloud-init runs runcmd at first boot alone.
      {
        path: '/var/lib/cloud/scripts/per-boot/muster.sh',
        permissions: '0755',
        owner: 'root:root',
        content: perBootScript,
      },
    ],
  };
  return `#cloud-config\n${stringify(document, { lineWidth: 0 })}`;
}

/** The template's boot commands do not fit into what Azure takes. */
export class StartUpTextTooLong extends Error {
  override readonly name = 'StartUpTextTooLong';
}

/** base64 of the cloud-config, as ARM takes it. Throws StartUpTextTooLong where it is over the limit, before any call. */
export function customData(request: BootRequest): string {
  const encoded = Buffer.from(cloudConfig(request)).toString('base64');
  if (encoded.length > maxCustomDataCharacters) {
    throw new StartUpTextTooLong(
      `The VM's start-up text has ${encoded.length} characters, Azure takes ${maxCustomDataCharacters}: shorten the template's bootCommands.`,
    );
  }
  return encoded;
}
