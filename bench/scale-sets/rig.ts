import { setTimeout as delay } from 'node:timers/promises';
import { difference, sum, type Counts } from '../counts';
import { percentile } from '../host/statistics';
import { DurableMeter, hostQueuePoll, processUse, StorageMeter, workQueuePoll } from './meters';
import type { Phase, PhaseName } from './report';
import type { ThinState } from './thin-agents';
import { control, type ThinStack } from './thin-stack';

interface Reading {
  at: number;
  storage: Counts;
  durable: ReturnType<DurableMeter['read']>;
  cpuSeconds: number;
  thin: ThinState;
  ownCalls: Counts;
}

interface ArmCall {
  method: string;
  operation: string;
  status: number;
}

/** A stack with every meter on it. */
export class Rig {
  private readonly durable: DurableMeter;
  private readonly storage: StorageMeter;
  private readonly ownCalls: Counts = {};

  constructor(readonly stack: ThinStack) {
    this.durable = new DurableMeter(stack.durableFile);
    this.storage = new StorageMeter(stack.storage.logFile);
  }

  /** Runs `act` and says what it took. */
  async measure(name: PhaseName, act: () => Promise<void>): Promise<Phase> {
    await control(this.stack.simulatorUrl, 'DELETE', 'calls');
    const before = await this.read();
    await act();
    const after = await this.read();
    const { calls } = (await control(this.stack.simulatorUrl, 'GET', 'calls')) as { calls: ArmCall[] };
    return phaseBetween(name, { before, after, arm: calls });
  }

  /** Calls the API, and counts it. */
  async call<Answer>(name: string, call: () => Promise<Answer>): Promise<Answer> {
    this.ownCalls[name] = (this.ownCalls[name] ?? 0) + 1;
    return call();
  }

  /** Looks at the thin VMs, which costs the app nothing, until `isSo`. */
  async untilMachines(what: string, isSo: (machines: ThinState['machines']) => boolean): Promise<void> {
    const deadline = Date.now() + 300_000;
    for (;;) {
      const { machines } = await this.stack.thin();
      if (isSo(machines)) return;
      if (Date.now() > deadline) {
        const enrolled = machines.filter(({ enrolledAt }) => enrolledAt !== undefined).length;
        throw new Error(`In vain: ${what}; ${machines.length} VMs are on, ${enrolled} have enrolled.`);
      }
      await delay(200);
    }
  }

  close(): void {
    this.durable.close();
  }

  private async read(): Promise<Reading> {
    return {
      at: Date.now(),
      storage: await this.storage.read(),
      durable: this.durable.read(),
      cpuSeconds: processUse(this.stack.host.pid).cpuSeconds,
      thin: await this.stack.thin(),
      ownCalls: { ...this.ownCalls },
    };
  }
}

function phaseBetween(
  name: PhaseName,
  { before, after, arm }: { before: Reading; after: Reading; arm: ArmCall[] },
): Phase {
  const known = new Set(before.thin.machines.map(({ vmId }) => vmId));
  const booted = after.thin.machines.filter(({ vmId }) => !known.has(vmId));
  const took = booted.flatMap(({ bootedAt, enrolledAt }) =>
    bootedAt && enrolledAt ? [enrolledAt - bootedAt] : [],
  );
  const lastBoot = Math.max(...booted.map(({ bootedAt }) => bootedAt ?? Infinity));
  const lastEnrolled = Math.max(...booted.map(({ enrolledAt }) => enrolledAt ?? Infinity));
  const byCall = {
    ...difference(before.thin.calls, after.thin.calls),
    ...difference(before.ownCalls, after.ownCalls),
  };
  return {
    name,
    wallSeconds: (after.at - before.at) / 1000,
    booted: booted.length,
    arm: armOf(arm),
    http: { total: sum(byCall), byCall },
    storage: storageOf(difference(before.storage, after.storage)),
    durable: {
      events: after.durable.events - before.durable.events,
      bytes: after.durable.bytes - before.durable.bytes,
      activities: difference(before.durable.activities, after.durable.activities),
    },
    hostCpuSeconds: after.cpuSeconds - before.cpuSeconds,
    bootToEnrolledMs: took.length > 0 ? { p50: percentile(took, 50), p99: percentile(took, 99) } : undefined,
    lastBootToAllEnrolledMs: booted.length > 0 ? lastEnrolled - lastBoot : undefined,
  };
}

function armOf(calls: ArmCall[]): Phase['arm'] {
  const byOperation: Counts = {};
  for (const { operation } of calls) byOperation[operation] = (byOperation[operation] ?? 0) + 1;
  const reads = calls.filter(({ method }) => method === 'GET').length;
  const refused = calls.filter(({ status }) => status === 429).length;
  return { writes: calls.length - reads, reads, refused, byOperation };
}

function storageOf(byOperation: Counts): Phase['storage'] {
  const workerLooks = byOperation[workQueuePoll] ?? 0;
  const hostLooks = byOperation[hostQueuePoll] ?? 0;
  return { operations: sum(byOperation) - workerLooks - hostLooks, workerLooks, hostLooks, byOperation };
}
