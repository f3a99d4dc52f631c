import { DBOS } from '@dbos-inc/dbos-sdk';
import { performance } from 'node:perf_hooks';
import { passGate } from '../gate';
import type { Recovery } from '../subject';

/** The same work as bench/host/app/functions.ts, as DBOS's documentation writes it: registered steps and workflows. */
const addOne = DBOS.registerStep((value: number) => Promise.resolve(value + 1), { name: 'addOne' });
const gate = DBOS.registerStep(() => passGate(), { name: 'gate' });

const sequence = DBOS.registerWorkflow(
  async (value: number) => {
    let result = value;
    for (let step = 0; step < 3; step += 1) result = await addOne(result);
    return result;
  },
  { name: 'sequence' },
);

const fanOut = DBOS.registerWorkflow((count: number) => addAll(count), { name: 'fanOut' });

const child = DBOS.registerWorkflow((value: number) => Promise.resolve(value + 1), { name: 'child' });

const parent = DBOS.registerWorkflow(
  async (count: number) => {
    const handles = await Promise.all(indexes(count).map((index) => DBOS.startWorkflow(child)(index)));
    return sum(await Promise.all(handles.map((handle) => handle.getResult())));
  },
  { name: 'parent' },
);

/** Its input is the moment to wake, in milliseconds since the epoch. */
const sleeper = DBOS.registerWorkflow(
  async (at: number) => {
    await DBOS.sleep(at - Date.now());
    return 1;
  },
  { name: 'sleeper' },
);

let recovered: (recovery: Recovery) => void = () => undefined;

/** How long the recovered workflow's body took, from its first line to its last: neither the queue nor the final commit. */
export const recovery = new Promise<Recovery>((resolve) => (recovered = resolve));

const replayed = DBOS.registerWorkflow(
  async (count: number) => {
    const begun = performance.now();
    const output = (await addAll(count)) + (await gate());
    recovered({ tookMs: performance.now() - begun, output });
    return output;
  },
  { name: 'replayed' },
);

export const workflows = { sequence, fanOut, parent, sleeper, replayed };

async function addAll(count: number): Promise<number> {
  return sum(await Promise.all(indexes(count).map((index) => addOne(index))));
}

function indexes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
