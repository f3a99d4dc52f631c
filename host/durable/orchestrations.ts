import { performance } from 'node:perf_hooks';
import type { Committer } from './committer';
import type { FunctionInvoker, HostClock } from './contract';
import { Fifo } from './fifo';
import { Instance, type Message } from './instance';
import type { Store } from './store';
import { turnCommit, type Effects } from './turn-commit';
import { runTurn, type TurnPlan } from './turn';

/** Characters of history kept in memory for idle instances, so that their next message needs no reading and no parsing. */
const CACHE_SIZE = 64 * 1024 * 1024;
const MESSAGES_PER_TURN = 10_000;
const RETRY_MS = 1_000;

export interface OrchestrationsOptions {
  store: Store;
  committer: Committer;
  invoker: FunctionInvoker;
  clock: HostClock;
  maxConcurrent: number;
  cacheSize?: number | undefined;
  log: (message: string) => void;
  /** Called after a turn's commit, before anything else happens to the instance. */
  committed: (instance: Instance, effects: Effects) => void;
}

/**
 * Runs turns of orchestrations: one at a time per instance, up to a bound at once, on all messages that have gathered.
 *
 * INVARIANTS. An instance in memory equals the store plus the messages in its inbox. A message without a row (an activity's
 * result, a fired timer) is lost with the process, and its source row brings it back. Only committed turns have effects.
 */
export class Orchestrations {
  private readonly instances = new Map<number, Instance>();
  private readonly queue = new Fifo<Instance>();
  private running = 0;
  /** Turns queued or under way. */
  private busy = 0;
  private cached = 0;
  private isPumping = false;
  private isStopped = false;
  private readonly idle: (() => void)[] = [];

  constructor(private readonly options: OrchestrationsOptions) {}

  /** Hands a message to an instance. One that is finished or unknown drops it. */
  deliver(key: number, message?: Message): void {
    if (this.isStopped) return;
    const instance = this.get(key);
    if (!instance) return;
    if (message) instance.receive(message);
    this.enqueue(instance);
  }

  /** Resolves when no instance has anything to do. */
  quiet(): Promise<void> {
    return this.busy === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve));
  }

  /** No turn begins and no message is taken from here on. */
  stop(): void {
    this.isStopped = true;
  }

  /** Forgets an instance that is gone from the store. */
  drop(key: number): void {
    const instance = this.instances.get(key);
    if (!instance) return;
    this.instances.delete(key);
    this.cached -= instance.counted;
    instance.counted = 0;
  }

  private count(instance: Instance): void {
    if (this.instances.get(instance.row.key) !== instance) return;
    this.cached += instance.size - instance.counted;
    instance.counted = instance.size;
  }

  private get(key: number): Instance | undefined {
    const cached = this.instances.get(key);
    if (cached) return cached;
    const loaded = Instance.load(this.options.store, key);
    if (!loaded) return undefined;
    this.instances.set(key, loaded);
    this.count(loaded);
    return loaded;
  }

  private enqueue(instance: Instance): void {
    // What came in while its last turn was being committed finds it ended, and is dropped.
    if (instance.row.finishedAt !== null) return;
    if (instance.isQueued || instance.isRunning || this.isStopped) return;
    instance.isQueued = true;
    this.busy += 1;
    const wait =
      instance.ledger.open.size > instance.inbox.length ? instance.notBefore - performance.now() : 0;
    if (wait > 1) setTimeout(() => this.ready(instance), wait);
    else this.ready(instance);
  }

  private ready(instance: Instance): void {
    this.queue.push(instance);
    this.schedulePump();
  }

  /** Once per round of the event loop, so that what completes in the same round is taken together. */
  private schedulePump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    setImmediate(() => {
      this.isPumping = false;
      while (this.running < this.options.maxConcurrent && !this.isStopped) {
        const instance = this.queue.shift();
        if (!instance) return;
        void this.turn(instance);
      }
    });
  }

  private async turn(instance: Instance): Promise<void> {
    instance.isQueued = false;
    instance.isRunning = true;
    const begun = performance.now();
    const length = instance.history.length;
    const messages = instance.inbox.splice(0, MESSAGES_PER_TURN);
    try {
      const plan = await this.commitTurn(instance, messages);
      this.count(instance);
      const took = performance.now() - begun;
      instance.notBefore = performance.now() + Math.min(took, 250);
      instance.isRunning = false;
      if (instance.inbox.length > plan.parked.length || plan.continueAsNew) this.enqueue(instance);
    } catch (error) {
      instance.rollBack(length, messages);
      instance.isRunning = false;
      this.retryLater(instance, error);
    } finally {
      this.busy -= 1;
      this.afterTurn(instance);
    }
  }

  /** The bound is on functions that run: turns that wait for their commit share it, however many they are. */
  private async run(instance: Instance, messages: readonly Message[]): Promise<TurnPlan> {
    const { clock, invoker } = this.options;
    this.running += 1;
    try {
      return await runTurn({ invoker, now: () => clock.now() }, instance, messages);
    } finally {
      this.running -= 1;
      if (this.queue.length > 0) this.schedulePump();
    }
  }

  private async commitTurn(instance: Instance, messages: readonly Message[]): Promise<TurnPlan> {
    const { store, committer } = this.options;
    const plan = await this.run(instance, messages);
    if (isNothing(plan)) {
      instance.inbox.unshift(...plan.parked);
      return plan;
    }
    const { write, effects } = turnCommit(store, instance, plan);
    await committer.commit(write);
    for (const { message, seq } of effects.parked) message.seq = seq;
    instance.inbox.unshift(...plan.parked);
    if (plan.continueAsNew) instance.beginGeneration(effects.row, effects.carriedOver);
    else {
      instance.row = effects.row;
      instance.size += effects.size;
      if (plan.events.length > 0) instance.turns += 1;
    }
    if (plan.completion) this.drop(instance.row.key);
    this.announce(instance, effects);
    return plan;
  }

  /** The turn is on disk: whatever goes wrong now must not undo it in memory. What is not begun, the next start begins. */
  private announce(instance: Instance, effects: Effects): void {
    try {
      this.options.committed(instance, effects);
    } catch (error) {
      this.options.log(
        `What follows from a turn of '${instance.row.id}' could not be begun: ${String(error)}`,
      );
    }
  }

  private retryLater(instance: Instance, error: unknown): void {
    if (this.isStopped) return;
    this.options.log(`Turn of '${instance.row.id}' gave no result, will be tried again: ${String(error)}`);
    setTimeout(() => this.enqueue(instance), RETRY_MS).unref();
  }

  private afterTurn(instance: Instance): void {
    if (this.busy === 0) for (const resolve of this.idle.splice(0)) resolve();
    if (this.queue.length > 0) this.schedulePump();
    // Recently used last: the first of the map are the ones to forget.
    if (this.instances.get(instance.row.key) === instance) {
      this.instances.delete(instance.row.key);
      this.instances.set(instance.row.key, instance);
    }
    const { cacheSize = CACHE_SIZE } = this.options;
    if (this.cached <= cacheSize) return;
    for (const [key, idle] of this.instances) {
      if (this.cached <= cacheSize / 2) return;
      if (!idle.isQueued && !idle.isRunning && idle.inbox.length === 0) this.drop(key);
    }
  }
}

function isNothing(plan: TurnPlan): boolean {
  return (
    plan.events.length === 0 &&
    plan.absorbed.length === 0 &&
    plan.parked.every((message) => message.seq !== undefined)
  );
}
