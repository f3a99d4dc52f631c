import { gangHeadBlob, gangLaunchBlob, gangMemberBlob } from '../../shared/contracts/blob-names';
import {
  GangHead,
  GangLaunch,
  type GangLaunchEnd,
  type GangMember,
  type GangNode,
  type LeaveReason,
} from '../../shared/contracts/gangs';
import type { KeptOutputs } from '../../shared/contracts/files';
import { sleep } from '../backoff';
import { describeError, withFields } from '../log';
import { CutOffError } from '../storage/retry';
import { announceEviction } from '../task/eviction-file';
import { releaseTaskFolder, type TaskFolder } from '../task/folder';
import type { WorkerContext } from '../worker-context';
import { BlobLease } from './blob-lease';
import { PresenceWatch } from './decide';
import type { Call } from './desk';
import { Launches } from './launches';
import { memberPlace } from './member-place';
import { readGangSpecification } from './specification';

/** Pauses between two looks: when the gang has just begun or a command has come, and later. */
const shortPauseMs = 200;
const pauseMs = 1000;
const shortForMs = 10_000;
/** Ends of commands that are told at a time: the head has heard those before. */
const maxEnds = 20;

type Leave = NonNullable<GangMember['left']>;

/** Lends this worker to the gang that calls, until its head lets it go, or one of the two is lost. Never throws. */
export async function runMember(call: Call, slot: WorkerContext): Promise<void> {
  const { jobId, attemptId } = call;
  const context = { ...slot, log: withFields(slot.log, { jobId, attemptId }) };
  try {
    await new Membership(call, context).run();
  } catch (error) {
    context.log('warning', 'gang-left', describeError(error));
  }
}

class Membership {
  readonly #node: GangNode;
  readonly #ends: GangLaunchEnd[] = [];
  readonly #presence: PresenceWatch;
  #lease: BlobLease | undefined;
  #left: Leave | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(
    readonly call: Call,
    readonly context: WorkerContext,
  ) {
    this.#node = context.gangs.desk.nodeOf(context.worker);
    this.#presence = new PresenceWatch(context.settings.gangLeaseMs);
  }

  async run(): Promise<void> {
    const { call, context } = this;
    const { blobs } = context.gangs;
    const { gangLeaseMs: leaseMs } = context.settings;
    const blob = gangMemberBlob(call, this.#node.agentId);
    await blobs.create(blob, this.#told);
    this.#lease = await BlobLease.take(blob, { blobs, leaseMs, log: context.log });
    if (!this.#lease) return;
    let leave: Leave = { reason: 'failed', message: 'the agent failed' };
    try {
      leave = await this.#belong();
    } catch (error) {
      const reason = error instanceof CutOffError ? 'stopping' : 'failed';
      leave = { reason, message: String(describeError(error).error) };
      context.log('error', 'gang-member-failed', describeError(error));
    } finally {
      context.log('info', 'gang-left', { ...leave });
      this.#left = leave;
      await this.#tell();
      await this.#lease.release();
    }
  }

  get #told(): GangMember {
    return { node: this.#node, left: this.#left, ends: this.#ends.slice(-maxEnds) };
  }

  /** One write at a time, and each of what is so by then. */
  #tell(): Promise<unknown> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#lease?.write(this.#told));
    return this.#writing;
  }

  /** Until it is told that it is in, or not. */
  async #belong(): Promise<Leave> {
    const { lifecycle, removed } = this.context;
    const ends = [lifecycle.draining, removed];
    const begunAt = performance.now();
    while (!ends.some((end) => end.aborted)) {
      const head = await this.#lookAtHead();
      if (head === 'lost') return { reason: 'head-lost', message: 'the gang formed no more' };
      if (head?.state === 'ended') return { reason: 'ended', message: 'the gang was not formed' };
      if (head?.state === 'assembled') {
        const index = head.nodes.findIndex(({ agentId }) => agentId === this.#node.agentId);
        if (index < 0) return { reason: 'ended', message: 'the gang was complete' };
        return this.#serve(head.nodes, index);
      }
      await sleep(performance.now() - begunAt < shortForMs ? shortPauseMs : pauseMs, ...ends);
    }
    return { reason: 'stopping', message: 'the worker takes nothing new' };
  }

  /** Undefined: storage did not answer. */
  async #lookAtHead(): Promise<GangHead | 'lost' | undefined> {
    try {
      const read = await this.context.gangs.blobs.read(gangHeadBlob(this.call), GangHead);
      if (!read) return 'lost';
      const isLost = this.#presence.note(read.isLeased) === 'lost';
      return isLost && read.value.state !== 'ended' ? 'lost' : read.value;
    } catch (error) {
      this.#presence.blind();
      this.context.log('warning', 'gang-head-not-read', describeError(error));
      return undefined;
    }
  }

  async #serve(nodes: GangNode[], index: number): Promise<Leave> {
    const { context, call } = this;
    const { jobId, task, attemptId } = call;
    const { worker, running, lifecycle, log } = context;
    const specification = await readGangSpecification(call, context.gangs.blobs);
    running.begin(worker, { jobId, task, attemptId, startedAt: new Date().toISOString(), isMember: true });
    running.announce();
    const folder = context.files.make(attemptId, specification);
    const unannounce = announceEviction(folder, lifecycle, log);
    try {
      const { environment } = await context.files.bring(folder, specification, [lifecycle.terminating]);
      const place = { call, specification, nodes, index, folder, bundle: environment };
      const launches = new Launches(memberPlace(place, context), (end) => this.#launchEnded(end));
      const leave = await this.#obeyToTheEnd(launches);
      const node = { index, count: nodes.length };
      const kept = await this.#keep(folder, { reason: leave.reason, node });
      return { ...leave, kept };
    } finally {
      unannounce();
      releaseTaskFolder(folder, log);
      running.end(worker);
      running.nudge.give();
    }
  }

  #launchEnded(end: GangLaunchEnd): void {
    this.#ends.push(end);
    this.#tell().catch((error: unknown) =>
      this.context.log('warning', 'launch-end-not-told', describeError(error)),
    );
  }

  /** When it returns, nothing of the task runs here any more. */
  async #obeyToTheEnd(launches: Launches): Promise<Leave> {
    const { lifecycle, settings } = this.context;
    try {
      return await this.#obey(launches);
    } finally {
      const graceMs = lifecycle.eviction ? settings.evictionTerminateMs : settings.killGraceMs;
      await launches.end(graceMs, lifecycle.stopping);
    }
  }

  /** The files that the task has left here. The head counts on them where it has ended the gang. */
  async #keep(
    folder: TaskFolder,
    { reason, node }: { reason: LeaveReason; node: { index: number; count: number } },
  ): Promise<KeptOutputs | undefined> {
    const { context, call } = this;
    const { jobId, task, retry, attemptId } = call;
    if (reason !== 'ended' && reason !== 'evicted') return undefined;
    const keeping = context.files.keep(folder, { jobId, task, retry, attemptId, node }, this.#lease!.lost);
    if (reason === 'ended') return keeping;
    return keeping.catch(
      (error: unknown) => void context.log('warning', 'outputs-not-kept', describeError(error)),
    );
  }

  /** Runs what the head orders, until it is to leave. */
  async #obey(launches: Launches): Promise<Leave> {
    const { lifecycle } = this.context;
    const ends = [lifecycle.terminating, lifecycle.stopping, this.#lease!.lost];
    let next = 0;
    for (let busyAt = performance.now(); !ends.some((end) => end.aborted);) {
      const head = await this.#lookAtHead();
      if (head === 'lost') return { reason: 'head-lost', message: 'the head of the gang was lost' };
      if (head?.state === 'ended') return { reason: 'ended', message: 'the gang has ended' };
      const command = await this.#commandOf(next);
      if (command !== undefined) {
        await launches.start(next++, command);
        busyAt = performance.now();
        continue;
      }
      await sleep(performance.now() - busyAt < shortForMs ? shortPauseMs : pauseMs, ...ends);
    }
    if (lifecycle.eviction) return { reason: 'evicted', message: 'the VM is evicted' };
    return { reason: 'stopping', message: 'the agent of the VM stops' };
  }

  async #commandOf(launch: number): Promise<string | undefined> {
    const { blobs } = this.context.gangs;
    try {
      const blob = gangLaunchBlob(this.call, { agentId: this.#node.agentId, launch });
      return (await blobs.read(blob, GangLaunch))?.value.command;
    } catch (error) {
      this.context.log('warning', 'launch-not-read', describeError(error));
      return undefined;
    }
  }
}
