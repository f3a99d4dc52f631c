import { median } from '../host/statistics';
import type { MusterResult, RateResult } from './report';
import type { SlurmResult } from './slurm/report';

const wanted = {
  /** Times Slurm's best. */
  arrayTimes: 3,
  /** Of the rate of a smaller array. */
  largeArrayPart: 1 / 2,
  /** Of Slurm's median latency. */
  latencyPart: 1 / 2,
  storageOperationsPerTask: 4,
  durableEventsPerTask: 0.1,
  /** An agent's memory is flat: its peak under a gigabyte of output, above what it had before. */
  agentMiB: 64,
};

/** What of issue 5's numbers is not held, in sentences. Nothing is compared with a Slurm that was not measured. */
export function findNotHeld(muster: MusterResult, slurm: readonly SlurmResult[]): string[] {
  return [
    ...(muster.array ? arrayNotHeld(muster.array, slurm) : []),
    ...(muster.largeArray ? largeArrayNotHeld(muster.largeArray, muster.array) : []),
    ...(muster.separate ? separateNotHeld(muster.separate, slurm) : []),
    ...latencyNotHeld(muster, slurm),
    ...outputNotHeld(muster),
  ];
}

function arrayNotHeld(array: RateResult, slurm: readonly SlurmResult[]): string[] {
  const best = Math.max(...slurm.map((one) => one.array.perSecond));
  const ours = median(array.perSecond);
  return sentences([
    slurm.length > 0 &&
      ours <= wanted.arrayTimes * best &&
      `array: ${ours.toFixed(0)} tasks/s are not over ${wanted.arrayTimes} times Slurm's ${best.toFixed(0)}`,
    ...dearTasks('array', array),
  ]);
}

function largeArrayNotHeld(large: RateResult, array: RateResult | undefined): string[] {
  const [ours, least] = [median(large.perSecond), wanted.largeArrayPart * median(array?.perSecond ?? [0])];
  return sentences([
    ours < least &&
      `large array: ${ours.toFixed(0)} tasks/s are less than half of what a smaller one has, ${least.toFixed(0)}`,
    ...dearTasks('large array', large),
  ]);
}

function dearTasks(what: string, { count, cost }: RateResult): (string | false)[] {
  const [operations, events] = [cost.storageOperations / count, cost.durableEvents / count];
  return [
    operations > wanted.storageOperationsPerTask &&
      `${what}: ${operations.toFixed(2)} storage operations a task, at most ${wanted.storageOperationsPerTask}`,
    events > wanted.durableEventsPerTask &&
      `${what}: ${events.toFixed(3)} durable events a task, at most ${wanted.durableEventsPerTask}`,
  ];
}

function separateNotHeld({ perSecond }: RateResult, slurm: readonly SlurmResult[]): string[] {
  const best = Math.max(...slurm.map(({ separate }) => separate.perSecond));
  const ours = median(perSecond);
  return sentences([
    slurm.length > 0 &&
      ours <= best &&
      `separate jobs: ${ours.toFixed(0)} a second are not over Slurm's ${best.toFixed(0)}`,
  ]);
}

function latencyNotHeld({ latency }: MusterResult, slurm: readonly SlurmResult[]): string[] {
  const theirs = slurm[0]?.latencyAlone;
  if (!latency || !theirs) return [];
  const { p50, p99 } = latency.submitToReadable;
  return sentences([
    p50 >= theirs.p50Ms * wanted.latencyPart &&
      `one job: p50 of ${p50} ms is not below half of Slurm's ${theirs.p50Ms.toFixed(0)} ms`,
    p99 >= theirs.p95Ms &&
      `one job: p99 of ${p99} ms is not below Slurm's p95 of ${theirs.p95Ms.toFixed(0)} ms`,
  ]);
}

function outputNotHeld({ output }: MusterResult): string[] {
  if (!output) return [];
  const grown = output.agentMiB.peak - output.agentMiB.before;
  return sentences([
    grown > wanted.agentMiB && `output: the agent grew by ${grown} MiB, at most ${wanted.agentMiB}`,
  ]);
}

function sentences(found: (string | false)[]): string[] {
  return found.flatMap((text) => (text === false ? [] : [`${text}.`]));
}
