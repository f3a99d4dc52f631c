import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MusterClient } from '../client';
import { localSettings, putLocalTemplates } from './local-azure/templates';
import { isAlive } from './stack/component';
import { projectRoot } from './stack/project-root';
import { startStack, type Stack } from './stack/stack';

/** Brings the whole product up, empty or as it was, and stays until it is stopped. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { state: { type: 'string', default: '.muster' }, control: { type: 'boolean', default: false } },
  });
  const stateFolder = resolve(values.state);
  const stack = await startStack({ stateFolder, settings: localSettings, hasControl: values.control });
  // Templates in place, so that the commands printed below can be typed as they are.
  await putLocalTemplates(
    new MusterClient({ url: stack.url, key: stack.key }),
    stack.simulator.subscriptionId,
  );
  announce(stack, stateFolder);
  const signal = await Promise.race([untilSignal(), untilHostEnds(stack)]);
  if (signal === 'host ended') {
    // The VMs and what they compute live on without the control plane; the next start finds them.
    process.stderr.write(
      '\nThe functions host has ended unexpectedly. Storage and the simulated VMs go on: `npm start` brings it back.\n',
    );
    process.exitCode = 1;
    return;
  }
  process.stderr.write('\nStopping.\n');
  await stack.stop();
}

function announce(stack: Stack, stateFolder: string): void {
  const lines = [
    'Muster is up on this machine (it serves this one machine; its VMs are simulated).',
    '',
    `  export MUSTER_URL=${stack.url}`,
    `  export MUSTER_KEY=${stack.key}`,
    `  alias muster="node ${join(projectRoot(), 'dist', 'cli', 'main.js')}"`,
    '',
    'Next, for example:',
    '  muster scale-set create cbox --template cbox --capacity 2 --wait',
    '  muster run --scale-set cbox --array 4 -- hostname',
    '  muster job list',
    '  muster scale-set delete cbox --wait',
    '  muster --help',
    `  curl -H "x-functions-key: $MUSTER_KEY" "$MUSTER_URL/api/jobs"`,
    '',
    `State is kept in ${stateFolder}. Ctrl-C stops everything.`,
    ...stack.components.map(
      ({ name, pid, isAdopted }) => `  ${name}: pid ${pid}${isAdopted ? ' (was running)' : ''}`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function untilSignal(): Promise<'signal'> {
  return new Promise((resolveSignal) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => resolveSignal('signal'));
  });
}

async function untilHostEnds(stack: Stack): Promise<'host ended'> {
  const host = stack.components.find((component) => component.name === 'host')!;
  while (isAlive(host.pid)) await delay(500);
  return 'host ended';
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
