import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inLanes } from '../lanes';
import { processUse } from '../scale-sets/meters';
import { lanes } from './rates';
import type { QueuedResult } from './report';
import { componentOf, durableFile, scaleSet, type JobsStack } from './stack';

const restMs = 30_000;

/** So many jobs for a scale set without a VM: how fast they are taken, what each leaves behind, and what they cost while they wait. */
export async function measureQueued(stack: JobsStack, count: number): Promise<QueuedResult> {
  const { client } = stack;
  const before = sizesOf(stack);
  const began = performance.now();
  await inLanes(count, lanes, async () => {
    await client.submitJob({ target: { scaleSet }, run: { program: 'echo', arguments: ['hello'] } });
  });
  const seconds = (performance.now() - began) / 1000;
  const host = componentOf(stack, 'host').pid;
  // Their orchestrators take their first look meanwhile.
  await delay(restMs);
  const cpuBefore = processUse(host).cpuSeconds;
  await delay(restMs);
  const restCpuSeconds = processUse(host).cpuSeconds - cpuBefore;
  const after = sizesOf(stack);
  const waiting = await client.getScaleSet(scaleSet);
  if (waiting?.workers.enrolled !== 0) throw new Error('The scale set was to have no VM.');
  return {
    count,
    acceptedPerSecond: count / seconds,
    durableBytesPerJob: (after.durable - before.durable) / count,
    storageBytesPerJob: (after.storage - before.storage) / count,
    restCpuSeconds,
  };
}

function sizesOf(stack: JobsStack): { durable: number; storage: number } {
  const file = durableFile(stack);
  const log = `${file}-wal`;
  const folder = path.join(stack.stateFolder, 'storage');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const storage = files.map((entry) => statSync(path.join(entry.parentPath, entry.name)).size);
  return {
    durable: [file, log].map((name) => statSync(name, { throwIfNoEntry: false })?.size ?? 0).reduce(add, 0),
    storage: storage.reduce(add, 0),
  };
}

function add(total: number, size: number): number {
  return total + size;
}
