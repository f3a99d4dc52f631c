import type { Counts } from '../counts';
import type { SlurmResult } from './slurm/report';

export const parts = ['latency', 'array', 'large-array', 'separate', 'output', 'queued'] as const;
export type Part = (typeof parts)[number];

/** Of some durations, in ms. */
export interface Spread {
  count: number;
  p50: number;
  p95: number;
  p99: number;
}

/** One job `echo hello` on a ready VM. */
export interface LatencyResult {
  /** From the call of POST to the start of the task. */
  submitToRunning: Spread;
  /** From the task's end until its status and its stdout have been read. */
  exitToReadable: Spread;
  /** From the call of POST until both have been read. */
  submitToReadable: Spread;
}

/** What a piece of work cost, in exact counts. Looks at queues are not among the storage operations: time brings them, not work. */
export interface Cost {
  storageOperations: number;
  looks: number;
  storage: Counts;
  /** Calls of the control plane, by agents and by the bench. */
  httpCalls: number;
  /** Of every function: HTTP calls, activities, orchestrators, triggers. */
  invocations: number;
  byFunction: Counts;
  durableEvents: number;
}

/** Several rounds of so many tasks or jobs: from the call of POST until the last one has ended. */
export interface RateResult {
  count: number;
  perSecond: number[];
  cost: Cost;
}

export interface OutputResult {
  bytes: number;
  seconds: number;
  /** Storage operations of the agent, for the output alone and for all. */
  appends: number;
  storageOperations: number;
  /** Resident memory of the agent before, and its peak at the end, in MiB. */
  agentMiB: { before: number; peak: number };
}

export interface QueuedResult {
  count: number;
  acceptedPerSecond: number;
  /** Growth of the durable store and of all that storage holds, for each job. */
  durableBytesPerJob: number;
  storageBytesPerJob: number;
  /** Host processor seconds in the half minute after, in which nobody asks for anything. */
  restCpuSeconds: number;
}

export interface MusterResult {
  vms: number;
  workersPerInstance: number;
  latency?: LatencyResult;
  array?: RateResult;
  /** Ten times as large: each of its tasks should cost no more. */
  largeArray?: RateResult;
  separate?: RateResult;
  output?: OutputResult;
  queued?: QueuedResult;
}

export interface Report {
  at: string;
  isQuick: boolean;
  machine: Record<string, string | number>;
  settings: Record<string, string>;
  muster: MusterResult;
  slurm: SlurmResult[];
  notHeld: string[];
}
