import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { localSettings } from '../../scripts/local-azure/templates';
import { processUse } from './meters';
import type { Phase, SizeResult } from './report';
import { Rig } from './rig';
import { startThinStack, type ThinStack } from './thin-stack';

/** Azure takes no more in one scale set. */
const mostInOne = 1000;
/** A lease's renewal: what a cluster at rest costs shows in one of them. */
const idleMs = 15_000;

export interface SizeOptions {
  folder: string;
  isQuick: boolean;
  /** Told of the stack once it runs, so that a signal can stop it. */
  onStack(stack: ThinStack): void;
}

/** What a run is made under; the app's settings are its defaults, and Azure's limits of requests its own. */
export function settingsOf(isQuick: boolean): { app: Record<string, string>; throttleFactor: number } {
  return isQuick ? { app: localSettings, throttleFactor: 60 } : { app: {}, throttleFactor: 1 };
}

/** Creates, grows and deletes one size on a stack of its own. */
export async function runSize(size: number, { folder, isQuick, onStack }: SizeOptions): Promise<SizeResult> {
  const { app, throttleFactor } = settingsOf(isQuick);
  const stateFolder = path.join(folder, `vms-${size}`);
  const stack = await startThinStack({
    stateFolder,
    settings: app,
    throttleFactor,
    players: size > 100 ? 2 : 1,
  });
  onStack(stack);
  const rig = new Rig(stack);
  try {
    const phases = await runPhases(rig, size, isQuick);
    return { size, phases, hostPeakMiB: processUse(stack.host.pid).peakMiB };
  } finally {
    rig.close();
    await stack.stop();
  }
}

async function runPhases(rig: Rig, size: number, isQuick: boolean): Promise<Phase[]> {
  const half = Math.floor(size / 2);
  const created = await rig.measure('create and join', () =>
    putAndJoin(rig, { name: 'first', capacity: size }, size),
  );
  const idle = await rig.measure('idle', () => delay(isQuick ? 2000 : idleMs).then(() => undefined));
  const names = size + half > mostInOne ? ['first', 'second'] : ['first'];
  const wanted =
    names.length > 1 ? { name: 'second', capacity: half } : { name: 'first', capacity: size + half };
  const grown = await rig.measure('grow by half', () => putAndJoin(rig, wanted, size + half));
  const deleted = await rig.measure('delete', () => deleteAll(rig, names));
  return [created, idle, grown, deleted];
}

async function putAndJoin(
  rig: Rig,
  { name, capacity }: { name: string; capacity: number },
  total: number,
): Promise<void> {
  await rig.call('PUT /api/scale-sets', () =>
    rig.stack.client.putScaleSet(name, { template: 'cbox', capacity }),
  );
  await rig.untilMachines(
    `${total} VMs enrolled`,
    (machines) => machines.length === total && machines.every(({ enrolledAt }) => enrolledAt !== undefined),
  );
}

async function deleteAll(rig: Rig, names: string[]): Promise<void> {
  const { client } = rig.stack;
  for (const name of names) await rig.call('DELETE /api/scale-sets', () => client.deleteScaleSet(name));
  await rig.untilMachines('all VMs are off', (machines) => machines.length === 0);
  for (const name of names) {
    const deadline = Date.now() + 120_000;
    while (await rig.call('GET /api/scale-sets', () => client.getScaleSet(name))) {
      if (Date.now() > deadline) throw new Error(`Scale set '${name}' is not gone 120 s after its last VM.`);
      await delay(1000);
    }
  }
}
