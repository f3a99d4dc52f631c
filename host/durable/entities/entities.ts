import type { Committer } from '../committer';
import type { FunctionInvoker, HostClock } from '../contract';
import { entityAnswered } from '../history';
import type { Message } from '../instance';
import type { EntityRequestRow, Store } from '../store';
import { Timers } from '../timers';
import { doneWith, isEmpty, takeBatch, type Queued } from './batch';
import { entityOf, type EntityRequest } from './messages';
import { runBatch, type EntityResult, type EntityRow } from './run';

export interface EntitiesOptions {
  store: Store;
  committer: Committer;
  invoker: FunctionInvoker;
  clock: HostClock;
  log: (message: string) => void;
  deliver: (key: number, message: Message) => void;
}

const RETRY_MS = 1_000;
const COLUMNS = 'id, name, is_alive AS isAlive, state, locked_by AS lockedBy, updated_at AS updatedAt';

/**
 * Runs entities: one batch of an entity at a time, its messages in order.
 *
 * INVARIANT. A message leaves `entity_inbox` in the transaction that stores its effect, so an operation takes effect once,
 * though the function may run again after a crash.
 */
export class Entities {
  private readonly queues = new Map<string, Queued[]>();
  private readonly running = new Set<string>();
  private readonly scheduled = new Map<number, EntityRequestRow>();
  private readonly timers: Timers;
  private isStopped = false;
  private readonly idle: (() => void)[] = [];

  constructor(private readonly options: EntitiesOptions) {
    this.timers = new Timers(options.clock, ({ key }) => this.due(key));
  }

  /** Reads what a former process left. */
  recover(): void {
    const rows = this.options.store.all<EntityRequestRow>(
      'SELECT seq, entity, due, request FROM entity_inbox ORDER BY seq',
    );
    this.add(rows);
  }

  /** Messages whose rows are committed. */
  add(messages: readonly EntityRequestRow[]): void {
    for (const message of messages) {
      if (message.due !== null && message.due > this.options.clock.now()) {
        this.scheduled.set(message.seq, message);
        this.timers.add([{ key: message.seq, task: 0, fireAt: message.due }]);
      } else this.enqueue(message);
    }
  }

  stop(): Promise<void> {
    this.isStopped = true;
    this.timers.stop();
    return this.running.size === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve));
  }

  row(id: string): EntityRow | undefined {
    return this.options.store.one(`SELECT ${COLUMNS} FROM entities WHERE id = ?`, id);
  }

  private due(seq: number): void {
    const message = this.scheduled.get(seq);
    this.scheduled.delete(seq);
    if (message) this.enqueue(message);
  }

  private enqueue({ seq, entity, request }: EntityRequestRow): void {
    const queued = { seq, request: JSON.parse(request) as EntityRequest };
    const queue = this.queues.get(entity);
    if (queue) queue.push(queued);
    else this.queues.set(entity, [queued]);
    this.wake(entity);
  }

  /** In the next round of the event loop, so that messages that come together make one batch. */
  private wake(entity: string): void {
    if (this.running.has(entity) || this.isStopped) return;
    this.running.add(entity);
    setImmediate(() => void this.work(entity));
  }

  private async work(entity: string): Promise<void> {
    try {
      while (!this.isStopped && (await this.step(entity)));
      this.running.delete(entity);
      // A message that came after the last look at the queue found the entity running and woke nobody.
      const queue = this.queues.get(entity) ?? [];
      if (queue.length > 0 && !isEmpty(takeBatch(queue, this.row(entity)?.lockedBy ?? null)))
        this.wake(entity);
    } catch (error) {
      this.running.delete(entity);
      if (!this.isStopped) {
        this.options.log(`Batch of entity '${entity}' gave no result, will be tried again: ${String(error)}`);
        setTimeout(() => this.wake(entity), RETRY_MS).unref();
      }
    } finally {
      if (this.running.size === 0) for (const resolve of this.idle.splice(0)) resolve();
    }
  }

  /** Answers whether there may be more to do. */
  private async step(entity: string): Promise<boolean> {
    const { invoker, clock, committer, store } = this.options;
    const current = this.row(entity) ?? fresh(entity);
    const taken = [...(this.queues.get(entity) ?? [])];
    const batch = takeBatch(taken, current.lockedBy);
    if (isEmpty(batch)) {
      if (taken.length === 0) this.queues.delete(entity);
      return false;
    }
    const result = await runBatch({ invoker, now: clock.now() }, current, batch);
    const done = doneWith(batch);
    const requests = result.requests.map(({ entity: target, request }) => ({
      seq: store.newSeq(),
      entity: target,
      due: null,
      request: JSON.stringify(request),
    }));
    let sent: { key: number; message: Message }[] = [];
    await committer.commit(() => {
      for (const seq of done) store.run('DELETE FROM entity_inbox WHERE seq = ?', seq);
      this.writeRow(result.row);
      for (const one of requests) store.insertEntityRequest(one);
      sent = this.writeResponses(result);
    });
    const isDone = new Set(done);
    const left = (this.queues.get(entity) ?? []).filter(({ seq }) => !isDone.has(seq));
    this.queues.set(entity, left);
    this.add(requests);
    for (const { key, message } of sent) this.options.deliver(key, message);
    return true;
  }

  private writeRow(row: EntityRow): void {
    const { store } = this.options;
    if (row.isAlive === 0 && row.lockedBy === null) {
      store.run('DELETE FROM entities WHERE id = ?', row.id);
      return;
    }
    const values = [row.id, row.name, row.isAlive, row.state, row.lockedBy, row.updatedAt];
    store.run('INSERT OR REPLACE INTO entities VALUES (?, ?, ?, ?, ?, ?)', ...values);
  }

  /** A caller that has ended or gone on to another execution is not answered. */
  private writeResponses(result: EntityResult): { key: number; message: Message }[] {
    const { store } = this.options;
    const sent: { key: number; message: Message }[] = [];
    for (const { request, response } of result.responses) {
      const caller = request.parent === undefined ? undefined : store.instanceById(request.parent);
      if (!caller || caller.finishedAt !== null || caller.executionId !== request.parentExecution) continue;
      const event = entityAnswered(result.row.updatedAt, request.id, response);
      const seq = store.newSeq();
      store.insertInbox(seq, caller.key, event);
      sent.push({ key: caller.key, message: { event, seq } });
    }
    return sent;
  }
}

function fresh(id: string): EntityRow {
  return { id, name: entityOf(id).name, isAlive: 0, state: null, lockedBy: null, updatedAt: 0 };
}
