import type { JobPriority } from '../../shared/contracts/names';
import { maxTasksPerMessage, type TaskMessage, type TaskResult } from '../../shared/contracts/work-messages';
import type { AgentSettings } from '../../shared/contracts/worker-protocol';
import { backoffMs, sleep, whenAborted } from '../backoff';
import { crashPoint } from '../crash-point';
import type { Lifecycle } from '../lifecycle';
import { describeError, withFields, type Log } from '../log';
import type { JobBlobs } from '../storage/job-blobs';
import type { Delivery, WorkQueue } from '../storage/work-queue';
import type { Specifications, Specified } from '../task/specifications';
import type { Cancellations } from './cancellations';
import { Claim } from './claim';
import { ClaimLease } from './claim-lease';
import type { Completions } from './completions';
import { earlierResults, mayHaveEnded } from './earlier-results';
import { parseTaskMessage } from './message';
import { PollPace } from './poll-pace';
import { fairShare, PaceOfWork } from './share';
import { toldBatch } from './told-batch';
import type { UsedPriorities } from './used-priorities';

interface SourceParts {
  queues: Record<JobPriority, WorkQueue>;
  priorities: UsedPriorities;
  blobs: JobBlobs;
  completions: Completions;
  cancellations: Cancellations;
  specifications: Specifications;
  settings: AgentSettings;
  lifecycle: Lifecycle;
  log: Log;
}

/** One task to run now, of a claimed message. */
export interface ClaimedTask {
  claim: Claim;
  task: number;
}

/** How long a VM works on what it has claimed before its share is judged, and between two judgements. */
const judgeAfterMs = 300;
/** Its pace is that of the last so long. */
const paceMs = 1500;
/** Short tasks are fetched for so long ahead: one look then serves several of them. */
const aheadMs = 300;
/** A look takes no more messages than so many (Azure's limit is 32). */
const maxMessagesPerLook = 32;

/** Hands the tasks of claimed messages to the workers of this VM, and looks for more when there is none left. */
export class TaskSource {
  readonly #parts: SourceParts;
  readonly #claims = new Set<Claim>();
  readonly #pace: PollPace;
  readonly #work = new PaceOfWork(paceMs);
  #judging: NodeJS.Timeout | undefined;
  #waiting = 0;
  #round: Promise<void> | undefined;
  #failures = 0;
  /** Of the messages that came last: a look takes no more of them than there is use for. */
  #tasksPerMessage = maxTasksPerMessage;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#pace = new PollPace(parts.settings);
    const { draining } = parts.lifecycle;
    draining.addEventListener('abort', () => void this.#letGo(), { once: true });
  }

  /** The next task; undefined once one of `ends` is aborted. */
  async take(...ends: AbortSignal[]): Promise<ClaimedTask | undefined> {
    const hasEnded = (): boolean => ends.some((end) => end.aborted);
    const over = ends.map(whenAborted);
    this.#waiting++;
    try {
      while (!hasEnded()) {
        const next = this.#nextTask();
        if (next) return next;
        this.#round ??= this.#look().finally(() => (this.#round = undefined));
        await Promise.race([this.#round, ...over.map((end) => end.reached)]);
      }
      return undefined;
    } finally {
      this.#waiting--;
      for (const end of over) end.forget();
    }
  }

  /** A task has ended, as far as this VM is concerned. */
  ended(): void {
    this.#work.end();
    this.#pace.worked();
  }

  /** Resolves when every claimed message is settled. */
  async settled(): Promise<void> {
    await Promise.all([...this.#claims].map((claim) => claim.closed));
  }

  #nextTask(): ClaimedTask | undefined {
    for (const claim of this.#claims) {
      const task = claim.take();
      if (task !== undefined) return { claim, task };
    }
    return undefined;
  }

  /** One look at the queue, and the pause after it where it was empty. Never throws. */
  async #look(): Promise<void> {
    const { settings, priorities, log, lifecycle } = this.#parts;
    try {
      const claimed = await this.#receive();
      this.#failures = 0;
      if (claimed > 0) this.#pace.worked();
      else await sleep(this.#pace.pauseMs(priorities.descending.length), lifecycle.draining);
    } catch (error) {
      log('warning', 'queue-unavailable', describeError(error));
      const delays = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
      await sleep(backoffMs(this.#failures++, delays), lifecycle.draining);
    }
  }

  /** Messages of higher priorities first: a task for each worker that waits, or as many as have ended lately. Answers how many messages there were. */
  async #receive(): Promise<number> {
    const { queues, priorities, settings } = this.#parts;
    const soon = this.#work.endedWithin(aheadMs);
    const messages = Math.ceil(Math.max(1, this.#waiting, soon) / this.#tasksPerMessage);
    const wanted = Math.min(messages, maxMessagesPerLook);
    let claimed = 0;
    let tasks = 0;
    for (const priority of priorities.descending) {
      if (claimed >= wanted) break;
      const queue = queues[priority];
      const deliveries = await queue.receive(wanted - claimed, settings.taskLeaseMs);
      claimed += deliveries.length;
      const counts = await Promise.all(deliveries.map((delivery) => this.#claim(delivery, queue)));
      tasks += counts.reduce((sum, count) => sum + count, 0);
    }
    if (tasks > 0) this.#tasksPerMessage = tasks / claimed;
    return claimed;
  }

  /** Answers how many tasks the message holds. */
  async #claim(delivery: Delivery, queue: WorkQueue): Promise<number> {
    crashPoint('message-taken');
    const { settings, lifecycle } = this.#parts;
    const message = parseTaskMessage(delivery.body);
    const log = withFields(this.#parts.log, { messageId: delivery.messageId, jobId: message?.jobId });
    if (!message) {
      log('error', 'message-unparseable');
      await queue.remove(delivery);
      return 0;
    }
    const retry = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
    const times = { leaseMs: settings.taskLeaseMs, renewalMs: settings.taskLeaseRenewalMs, retry };
    const lease = new ClaimLease(queue, delivery, { times, log });
    lease.start();
    const specified = await this.#specificationOf(message, lease);
    const isInterrupted = (): boolean => lifecycle.draining.aborted;
    const claim = new Claim({ delivery, message, specified, queue, lease, log, isInterrupted });
    this.#keep(claim);
    await this.#open(claim);
    return message.tasks.length;
  }

  #keep(claim: Claim): void {
    this.#claims.add(claim);
    claim.lease.notHeld.addEventListener('abort', () => void claim.drop(), { once: true });
    this.#work.begin();
    this.#judging ??= setInterval(() => this.#judge(), judgeAfterMs);
    void claim.closed.then(() => {
      this.#claims.delete(claim);
      if (this.#claims.size > 0) return;
      this.#work.rest();
      clearInterval(this.#judging);
      this.#judging = undefined;
    });
  }

  async #specificationOf(message: TaskMessage, lease: ClaimLease): Promise<Specified> {
    try {
      const specified = await this.#parts.specifications.of(message);
      crashPoint('specification-read');
      return specified;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  /** Tells of what has ended already, and leaves the rest to be taken. */
  async #open(claim: Claim): Promise<void> {
    const { blobs, cancellations, completions, lifecycle } = this.#parts;
    const { message, delivery, specified } = claim;
    try {
      const isOld = mayHaveEnded(message, delivery);
      if (isOld && (await cancellations.isCancelled(message.jobId))) return await claim.discard();
      const earlier = isOld ? await earlierResults(message, blobs) : new Map<string, TaskResult[]>();
      crashPoint('claim-checked');
      const ended = new Set([...earlier.values()].flat().map(({ task }) => task));
      const left = message.tasks.filter((task) => !ended.has(task));
      const told = [...earlier].map(([blob, results]) =>
        completions.tell(toldBatch(blob, results, specified)),
      );
      await claim.open(left, told);
    } catch (error) {
      await claim.refuse();
      throw error;
    }
    // It came in while the drain began.
    if (lifecycle.draining.aborted) await claim.drop();
  }

  /** What is more than this VM's share goes back, of the claims that came last. */
  #judge(): void {
    const claims = [...this.#claims].reverse();
    const pending = claims.reduce((sum, claim) => sum + claim.pending, 0);
    if (pending === 0) return;
    const lately = this.#work.lately();
    const { keep, tasksPerMessage } = fairShare({ pending, ...lately }, this.#parts.settings.holdMs);
    let surplus = lately.withinMs < judgeAfterMs ? 0 : pending - keep;
    for (const claim of claims) {
      const given = Math.min(surplus, claim.pending);
      if (given > 0) void claim.giveAway({ keep: claim.pending - given, tasksPerMessage });
      surplus -= given;
    }
  }

  /** A VM that takes nothing new gives back at once what it has not begun. */
  async #letGo(): Promise<void> {
    for (const claim of this.#claims) await claim.giveAway({ keep: 0, tasksPerMessage: 1 });
  }
}
