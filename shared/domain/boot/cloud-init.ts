import { stringify } from 'yaml';
import { workerRoutes, type AgentConfig } from '../../contracts';

/** Azure takes 64 KiB of base64; AzManagers' own guard is kept (its CLU-7). */
export const maxCustomDataCharacters = 64_000;

export interface BootRequest {
  agentConfig: AgentConfig;
  /** SHA-256 (hex) of the agent's bundle: the VM runs that file or none. */
  agentSha256: string;
  /** Root's commands before the agent starts, from the template. */
  bootCommands: string[];
}

const configPath = '/etc/muster/agent.json';
const agentPath = '/opt/muster/agent.cjs';
const preparePath = '/opt/muster/prepare.sh';
const startPath = '/opt/muster/start.sh';
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
setsid -f ${startPath} >>/var/log/muster-agent.log 2>&1 </dev/null
`;

/** Shell: fetches the agent, checks it, and keeps it running. Exit code 42 of the agent means: do not start it again. */
function startScript(request: BootRequest): string {
  const url = `${request.agentConfig.controlPlaneUrl}${workerRoutes.agent}`;
  return `#!/bin/sh
# Written by Muster. Fetches the agent, verifies it, keeps it running.
set -u
${preparePath}
node=$(command -v node || command -v nodejs || true)
if [ -z "$node" ]; then
  (apt-get update -q && apt-get install -qy nodejs) || dnf install -qy nodejs || true
  node=$(command -v node || command -v nodejs) || { echo 'muster: no Node.js on this image and none could be installed' >&2; exit 1; }
fi
if [ "$("$node" -p 'process.versions.node.split(".")[0]')" -lt 18 ]; then
  echo "muster: the agent needs Node.js 18 or later, this image has $("$node" --version)" >&2; exit 1
fi
fetched() { [ "$(sha256sum < ${agentPath} | cut -d' ' -f1)" = '${request.agentSha256}' ]; }
delay=1
until [ -f ${agentPath} ] && fetched; do
  "$node" -e 'fetch(process.argv[1]).then(async(r)=>{if(!r.ok)throw new Error("HTTP "+r.status);require("fs").writeFileSync(process.argv[2],Buffer.from(await r.arrayBuffer()))}).catch((e)=>{console.error("muster: fetching the agent: "+(e.cause||e));process.exit(1)})' '${url}' ${agentPath} && fetched && break
  echo "muster: the agent is not there yet, next try in $delay s" >&2
  sleep "$delay"; [ "$delay" -ge 30 ] || delay=$((delay * 2))
done
while :; do
  "$node" ${agentPath} run --config ${configPath}
  code=$?
  case $code in 0|42) exit $code ;; esac
  echo "muster: the agent ended with $code, starting it again" >&2
  sleep 1
done
`;
}

/** The cloud-config text a VM boots from. It holds no secret but the join token. */
export function cloudConfig(request: BootRequest): string {
  const document = {
    users: ['default', { name: taskUser, system: true, shell: '/bin/sh', lock_passwd: true }],
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
      { path: startPath, permissions: '0755', owner: 'root:root', content: startScript(request) },
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
