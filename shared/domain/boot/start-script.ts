import { workerRoutes } from '../../contracts';
import type { BootRequest } from './cloud-init';
import { rebooting } from './nvidia-script';
import {
  agentPath,
  configPath,
  logPath,
  preparePath,
  reportPath,
  stagePath,
  type SetUpScript,
} from './places';

/** A set-up script that fails is told of, and the VM goes on: it is of use without, and the reason is in its log. */
function setUpLine({ stage, path }: SetUpScript): string {
  return `stage ${stage}; ${path}; code=$?; [ $code -ne ${rebooting} ] || { stage rebooting; exit 0; }; [ $code -eq 0 ] || stage "${stage} failed with $code"`;
}

/** Shell: fetches the agent, checks it, and keeps it running. Exit code 42 of the agent means: do not start it again. */
export function startScript(request: BootRequest, setUp: SetUpScript[]): string {
  const url = `${request.agentConfig.controlPlaneUrl}${workerRoutes.agent}`;
  return `#!/bin/sh
# Written by Muster. Fetches the agent, verifies it, keeps it running.
set -u
# Also to the serial console, where Azure's boot diagnostics show it although the VM never calls home.
stage() { echo "muster-boot: $*"; echo "$*" >${stagePath}; { [ ! -w /dev/console ] || echo "muster-boot: $*" >/dev/console; } 2>/dev/null || true; }
started=$(wc -c <${logPath})
command -v python3 >/dev/null && python3 ${reportPath} ${logPath} "$started" ${stagePath} ${configPath} &
${setUp.map(setUpLine).join('\n')}
stage boot-commands
${preparePath}
stage node
node=$(command -v node || command -v nodejs || true)
if [ -z "$node" ]; then
  (apt-get update -q && apt-get install -qy nodejs) || dnf install -qy nodejs || true
  node=$(command -v node || command -v nodejs) || { echo 'muster: no Node.js on this image and none could be installed' >&2; stage 'node failed: none could be installed'; exit 1; }
fi
if [ "$("$node" -p 'process.versions.node.split(".")[0]')" -lt 18 ]; then
  echo "muster: the agent needs Node.js 18 or later, this image has $("$node" --version)" >&2; stage 'node failed: older than 18'; exit 1
fi
stage agent-fetch
fetched() { [ "$(sha256sum < ${agentPath} | cut -d' ' -f1)" = '${request.agentSha256}' ]; }
delay=1
until [ -f ${agentPath} ] && fetched; do
  "$node" -e 'fetch(process.argv[1]).then(async(r)=>{if(!r.ok)throw new Error("HTTP "+r.status);require("fs").writeFileSync(process.argv[2],Buffer.from(await r.arrayBuffer()))}).catch((e)=>{console.error("muster: fetching the agent: "+(e.cause||e));process.exit(1)})' '${url}' ${agentPath} && fetched && break
  echo "muster: the agent is not there yet, next try in $delay s" >&2
  stage "agent-fetch failed, next try in $delay s"
  sleep "$delay"; [ "$delay" -ge 30 ] || delay=$((delay * 2))
done
stage agent-start
while :; do
  "$node" ${agentPath} run --config ${configPath}
  code=$?
  stage "agent ended with $code"
  case $code in 0|42) exit $code ;; esac
  echo "muster: the agent ended with $code, starting it again" >&2
  sleep 1
done
`;
}
