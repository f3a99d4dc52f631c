import path from 'node:path';
import type { Stack } from '../../scripts/stack/stack';
import { CostMeter } from './cost-meter';
import { measureLatency } from './latency';
import { measureOutput } from './output';
import { measureQueued } from './queued';
import { runArray, runSeparate, type Run } from './rates';
import type { MusterResult, Part, RateResult } from './report';
import { startJobsStack, type JobsStack, type JobsStackOptions } from './stack';

export interface Sizes {
  latency: number;
  array: number;
  largeArray: number;
  separate: number;
  outputBytes: number;
  queued: number;
  rounds: number;
}

export const fullSizes: Sizes = {
  latency: 200,
  array: 1000,
  largeArray: 10_000,
  separate: 500,
  outputBytes: 2 ** 30,
  queued: 10_000,
  rounds: 5,
};
export const quickSizes: Sizes = {
  latency: 10,
  array: 100,
  largeArray: 1000,
  separate: 30,
  outputBytes: 2 ** 24,
  queued: 100,
  rounds: 1,
};

export interface MusterOptions {
  folder: string;
  parts: readonly Part[];
  sizes: Sizes;
  say(text: string): void;
  onStack(stack: Stack): void;
}

/** Eight workers, as Slurm's node has slots. */
const shape = { vms: 2, workersPerInstance: 4 };

/** Every part on a stack that is new, so that none is slowed by what another left. */
export async function measureMuster(options: MusterOptions): Promise<MusterResult> {
  const { sizes, parts, say } = options;
  const result: MusterResult = { ...shape };
  const isWanted = (part: Part): boolean => parts.includes(part);
  if (isWanted('latency')) {
    say(`Muster: ${sizes.latency} jobs alone`);
    const measure = (stack: JobsStack) => measureLatency(stack, sizes.latency);
    result.latency = await onStack(options, { name: 'latency', ...shape }, measure);
  }
  if (isWanted('array')) {
    say(`Muster: array of ${sizes.array}`);
    result.array = await rateOf(options, { name: 'array', count: sizes.array, run: runArray });
  }
  if (isWanted('large-array')) {
    say(`Muster: array of ${sizes.largeArray}`);
    const large = { name: 'large-array', count: sizes.largeArray, run: runArray, rounds: 1 };
    result.largeArray = await rateOf(options, large);
  }
  if (isWanted('separate')) {
    say(`Muster: ${sizes.separate} separate jobs`);
    result.separate = await rateOf(options, { name: 'separate', count: sizes.separate, run: runSeparate });
  }
  if (isWanted('output')) {
    say(`Muster: ${sizes.outputBytes} bytes of stdout`);
    const one = { name: 'output', vms: 1, workersPerInstance: 1, isMetered: true };
    result.output = await onStack(options, one, (stack) => measureOutput(stack, sizes.outputBytes));
  }
  if (isWanted('queued')) {
    say(`Muster: ${sizes.queued} jobs that wait`);
    const none = { name: 'queued', vms: 0, workersPerInstance: 1 };
    result.queued = await onStack(options, none, (stack) => measureQueued(stack, sizes.queued));
  }
  return result;
}

interface RatedWork {
  name: string;
  count: number;
  run(stack: JobsStack, count: number): Promise<Run>;
  /** As many as of the others where absent. */
  rounds?: number;
}

/** Timed on one stack, counted on another: to count costs a little. A small piece of work comes first. */
async function rateOf(
  options: MusterOptions,
  { name, count, run, rounds = options.sizes.rounds }: RatedWork,
): Promise<RateResult> {
  const perSecond = await onStack(options, { name, ...shape }, async (stack) => {
    const rates: number[] = [];
    await run(stack, 10);
    for (let round = 0; round < rounds; round++) {
      const { perSecond: rate, check } = await run(stack, count);
      rates.push(rate);
      await check();
    }
    return rates;
  });
  const metered = { name: `${name}-counted`, ...shape, isMetered: true };
  const cost = await onStack(options, metered, async (stack) => {
    await run(stack, 10);
    const meter = new CostMeter(stack);
    try {
      return await meter.costOf(() => run(stack, count));
    } finally {
      meter.close();
    }
  });
  return { count, perSecond, cost };
}

type Place = Pick<JobsStackOptions, 'vms' | 'workersPerInstance'> & { name: string; isMetered?: boolean };

async function onStack<Result>(
  { folder, onStack: told }: MusterOptions,
  { name, isMetered = false, ...place }: Place,
  work: (stack: JobsStack) => Promise<Result>,
): Promise<Result> {
  const stateFolder = path.join(folder, name);
  const started: { stack?: Stack } = {};
  try {
    const onStarted = (stack: Stack): void => told((started.stack = stack));
    const stack = await startJobsStack({ stateFolder, isMetered, ...place, onStack: onStarted });
    return await work(stack);
  } finally {
    await started.stack?.stop();
  }
}
