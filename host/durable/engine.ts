import { randomUUID } from 'node:crypto';
import { Activities, type QueuedActivity } from './activities';
import { Committer } from './committer';
import type {
  ControlResult,
  DurableEngine,
  FunctionInvoker,
  HistoryEvent,
  HostClock,
  InstanceStatus,
} from './contract';
import { Entities } from './entities/entities';
import { queryEntities, toEntityState } from './entities/entity-query';
import { schedulerId } from './entities/messages';
import { event, eventRaised, EventType, isoTime, timerFired } from './history';
import type { Instance } from './instance';
import { newExecutionId, newInstance } from './new-instance';
import { Orchestrations } from './orchestrations';
import { finishedInstances, queryInstances } from './query';
import { historyOf, statusOf, type StatusOptions } from './status';
import { Store, type ActivityRow, type InstanceRow, type TimerRow } from './store';
import { Timers } from './timers';
import type { Effects } from './turn-commit';

export interface EngineOptions {
  /** The SQLite file; made if it is not there. */
  file: string;
  invoker: FunctionInvoker;
  clock: HostClock;
  maxConcurrentActivities: number;
  maxConcurrentOrchestrations: number;
  /** A store belongs to one task hub, and is refused under another name. */
  hubName: string;
  /** Characters of history to keep in memory for idle instances. */
  cacheSize?: number;
  log?: (message: string) => void;
  /** For tests: called after each commit, before anything else. */
  onCommit?: (n: number) => void;
}

export function createDurableEngine(options: EngineOptions): DurableEngine {
  return new Engine(options);
}

type StartRequest = Parameters<DurableEngine['startNew']>[0];
type StartResult = Awaited<ReturnType<DurableEngine['startNew']>>;

class Engine implements DurableEngine {
  private readonly store: Store;
  private readonly committer: Committer;
  private readonly clock: HostClock;
  private readonly activities: Activities;
  private readonly timers: Timers;
  private readonly entities: Entities;
  private readonly orchestrations: Orchestrations;
  private readonly waiters = new Map<string, (() => void)[]>();

  constructor(options: EngineOptions) {
    const { invoker, clock, log = () => undefined } = options;
    const store = new Store(options.file, options.hubName);
    const committer = new Committer(store, options.onCommit);
    const deliver: Orchestrations['deliver'] = (key, message) => this.orchestrations.deliver(key, message);
    this.store = store;
    this.committer = committer;
    this.clock = clock;
    this.activities = new Activities({
      invoker,
      clock,
      maxConcurrent: options.maxConcurrentActivities,
      done: (key, event) => deliver(key, { event }),
    });
    this.timers = new Timers(clock, ({ key, task, fireAt }) =>
      deliver(key, { event: timerFired(clock.now(), task, fireAt) }),
    );
    this.entities = new Entities({ store, committer, invoker, clock, log, deliver });
    this.orchestrations = new Orchestrations({
      store,
      committer,
      invoker,
      clock,
      log,
      maxConcurrent: options.maxConcurrentOrchestrations,
      cacheSize: options.cacheSize,
      committed: (instance, effects) => this.committed(instance, effects),
    });
  }

  start(): Promise<void> {
    const { store } = this;
    this.activities.add(
      store.all<QueuedActivity>(
        `SELECT activities.key, task, activities.name, input, instances.id AS instanceId
         FROM activities JOIN instances USING (key) ORDER BY key, task`,
      ),
    );
    this.timers.add(store.all<TimerRow>('SELECT key, task, fire_at AS fireAt FROM timers'));
    this.entities.recover();
    const ready = store.all<{ key: number }>(
      `SELECT key FROM instances WHERE status = 'Pending' AND finished_at IS NULL UNION SELECT key FROM inbox
       UNION SELECT key FROM instances WHERE finished_at IS NULL AND NOT EXISTS (SELECT 1 FROM history WHERE history.key = instances.key)`,
    );
    for (const { key } of ready) this.orchestrations.deliver(key);
    return Promise.resolve();
  }

  /** Activities under way may end, and their results be absorbed; what is cut off runs again at the next start. */
  async stop(drainMs: number): Promise<void> {
    this.timers.stop();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, drainMs)));
    const drained = (async () => {
      await Promise.all([this.activities.stop(), this.entities.stop()]);
      await this.orchestrations.quiet();
    })();
    await Promise.race([drained, deadline]);
    clearTimeout(timer);
    this.orchestrations.stop();
    this.committer.flush();
    this.store.close();
  }

  async startNew(request: StartRequest): Promise<StartResult> {
    const now = this.clock.now();
    const instanceId = request.instanceId || newExecutionId();
    const input = request.input === undefined ? null : JSON.stringify(request.input);
    const row = newInstance(this.store, { id: instanceId, name: request.name, input, now });
    let result: StartResult['result'] = 'created';
    await this.committer.commit(() => {
      const existing = this.store.instanceById(instanceId);
      result = existing && existing.finishedAt === null ? 'exists' : 'created';
      if (result === 'exists') return;
      if (existing) this.store.deleteInstance(existing.key);
      this.store.insertInstance(row);
    });
    if (result === 'created') this.orchestrations.deliver(row.key);
    return { instanceId, result };
  }

  raiseEvent(instanceId: string, eventName: string, data: unknown): Promise<ControlResult> {
    return this.send(
      instanceId,
      eventRaised(this.clock.now(), eventName, data === undefined ? null : JSON.stringify(data)),
    );
  }

  terminate(instanceId: string, reason: string): Promise<ControlResult> {
    return this.send(instanceId, event(EventType.ExecutionTerminated, this.clock.now(), { Input: reason }));
  }

  suspend(instanceId: string, reason: string): Promise<ControlResult> {
    return this.send(instanceId, event(EventType.ExecutionSuspended, this.clock.now(), { Reason: reason }));
  }

  resume(instanceId: string, reason: string): Promise<ControlResult> {
    return this.send(instanceId, event(EventType.ExecutionResumed, this.clock.now(), { Reason: reason }));
  }

  async restart(instanceId: string, restartWithNewInstanceId: boolean): Promise<string | undefined> {
    const row = this.store.instanceById(instanceId);
    if (!row) return undefined;
    const input = row.input === null ? undefined : (JSON.parse(row.input) as unknown);
    const request = { name: row.name, input, ...(restartWithNewInstanceId ? {} : { instanceId }) };
    const started = await this.startNew(request);
    return started.result === 'exists' ? undefined : started.instanceId;
  }

  status(instanceId: string, options: StatusOptions = {}): Promise<InstanceStatus | undefined> {
    const row = this.store.instanceById(instanceId);
    if (!row) return Promise.resolve(undefined);
    const status = statusOf(row, options.showInput ?? true);
    if (options.showHistory) {
      const history = this.store.history(row.key).turns.flat();
      for (const one of history) if (one.EventType === EventType.ExecutionStarted) one['Input'] = row.input;
      status.historyEvents = historyOf(history, options);
    }
    return Promise.resolve(status);
  }

  async whenFinished(instanceId: string): Promise<InstanceStatus | undefined> {
    const row = this.store.instanceById(instanceId);
    if (!row || row.finishedAt !== null) return row && statusOf(row);
    await new Promise<void>((resolve) => {
      const waiting = this.waiters.get(instanceId);
      if (waiting) waiting.push(resolve);
      else this.waiters.set(instanceId, [resolve]);
    });
    return this.status(instanceId);
  }

  async query(query: Parameters<DurableEngine['query']>[0]): ReturnType<DurableEngine['query']> {
    return queryInstances(this.store, query);
  }

  async purge(instanceId: string): Promise<boolean> {
    const row = this.store.instanceById(instanceId);
    if (!row || row.finishedAt === null) return false;
    await this.committer.commit(() => this.store.deleteInstance(row.key));
    return true;
  }

  async purgeMany(query: Parameters<DurableEngine['purgeMany']>[0]): Promise<number> {
    let purged = 0;
    await this.committer.commit(() => {
      const keys = finishedInstances(this.store, query);
      for (const key of keys) this.store.deleteInstance(key);
      purged = keys.length;
    });
    return purged;
  }

  async signalEntity(
    ...[entity, operation, input, scheduledTime]: Parameters<DurableEngine['signalEntity']>
  ): Promise<void> {
    const due = scheduledTime?.getTime() ?? null;
    const request = JSON.stringify({
      op: operation,
      signal: true,
      id: randomUUID(),
      ...(input === undefined ? {} : { input: JSON.stringify(input) }),
      ...(due === null ? {} : { due: isoTime(due) }),
    });
    const message = { seq: this.store.newSeq(), entity: schedulerId(entity), due, request };
    await this.committer.commit(() => this.store.insertEntityRequest(message));
    this.entities.add([message]);
  }

  entityState(entity: { name: string; key: string }): ReturnType<DurableEngine['entityState']> {
    const row = this.entities.row(schedulerId(entity));
    return Promise.resolve(row?.isAlive === 1 ? toEntityState(row) : undefined);
  }

  async listEntities(
    query: Parameters<DurableEngine['listEntities']>[0],
  ): ReturnType<DurableEngine['listEntities']> {
    return queryEntities(this.store, query);
  }

  /** Stores a message to an unfinished instance, then hands it over. */
  private async send(instanceId: string, sent: HistoryEvent): Promise<ControlResult> {
    const seq = this.store.newSeq();
    let row: InstanceRow | undefined;
    await this.committer.commit(() => {
      row = this.store.instanceById(instanceId);
      if (row?.finishedAt === null) this.store.insertInbox(seq, row.key, sent);
    });
    if (!row) return 'not-found';
    if (row.finishedAt !== null) return 'already-finished';
    this.orchestrations.deliver(row.key, { event: sent, seq });
    return 'accepted';
  }

  private committed({ row: { id: instanceId } }: Instance, effects: Effects): void {
    for (const task of effects.canceledTimers) this.timers.cancel(effects.row.key, task);
    if (effects.row.status === 'Terminated') this.activities.drop(effects.row.key);
    this.activities.add(effects.activities.map((activity: ActivityRow) => ({ ...activity, instanceId })));
    this.timers.add(effects.timers);
    this.entities.add(effects.entities);
    for (const key of effects.children) this.orchestrations.deliver(key);
    for (const { key, message } of effects.messages) this.orchestrations.deliver(key, message);
    if (effects.row.finishedAt === null) return;
    for (const resolve of this.waiters.get(instanceId) ?? []) resolve();
    this.waiters.delete(instanceId);
  }
}
