import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type {
  BootLogView,
  ScaleSetRequest,
  ScaleSetView,
  TimelineEvent,
  WorkerView,
} from '../shared/contracts';
import { MusterError, waitTimedOut } from './errors';
import type { MusterClient } from './muster-client';
import { deadlineOf, patiently, reasonOf, secondsLeft, type WaitOptions } from './waiting';

export interface CallOptions {
  signal?: AbortSignal;
}

export interface ScaleSetGoal extends WaitOptions {
  /** VMs that have enrolled, or workers whose command is ready. @default 'enrolled' */
  for?: 'enrolled' | 'ready';
  /** So many of them. @default all that are desired */
  atLeast?: number;
}

/** A scale set by its name, whether it is there or not. */
export class ScaleSet {
  constructor(
    private readonly client: MusterClient,
    readonly name: string,
  ) {}

  /** Makes it. Repeated with another `capacity`, sets that; whatever else differs is a 409. */
  create(request: z.input<typeof ScaleSetRequest>, { signal }: CallOptions = {}): Promise<ScaleSetView> {
    return this.client.withSignal(signal).putScaleSet(this.name, request);
  }

  /** So many VMs more, once, however often the call had to be repeated. */
  grow(
    add: number,
    { signal, idempotencyKey = randomUUID() }: CallOptions & { idempotencyKey?: string } = {},
  ) {
    return this.client.withSignal(signal).growScaleSet(this.name, add, { idempotencyKey });
  }

  /** Undefined where there is none (any more). */
  get({ signal }: CallOptions = {}): Promise<ScaleSetView | undefined> {
    return this.client.withSignal(signal).getScaleSet(this.name);
  }

  /** Rejects with `Failed`, and its reason, where it makes no headway any more by itself. */
  async waitFor(goal: ScaleSetGoal = {}): Promise<ScaleSetView> {
    const deadline = deadlineOf(goal);
    for (;;) {
      const { isReached, view } = await this.ask(goal, deadline);
      if (!view) throw this.gone();
      if (isReached) return view;
      if (view.state === 'failed') throw this.failed(view);
      if (Date.now() >= deadline) throw waitTimedOut(told(view));
    }
  }

  /** Returns once Azure has confirmed that everything of it is gone. */
  async waitUntilDeleted(options: WaitOptions = {}): Promise<void> {
    const deadline = deadlineOf(options);
    for (;;) {
      const { isReached, view } = await this.ask({ ...options, for: 'deleted' }, deadline);
      if (isReached || !view) return;
      if (Date.now() >= deadline) throw waitTimedOut(told(view));
    }
  }

  workers({ signal }: CallOptions = {}): Promise<WorkerView[]> {
    return this.client.withSignal(signal).listWorkers(this.name);
  }

  /** It ends with its task; with its last worker a VM goes. `force`: the VM's tasks are not waited for. */
  removeWorker(
    worker: string,
    { signal, force }: CallOptions & { force?: boolean } = {},
  ): Promise<ScaleSetView> {
    return this.client.withSignal(signal).removeWorker(this.name, worker, { force });
  }

  /** Its timeline, oldest first. */
  events({ signal }: CallOptions = {}): Promise<TimelineEvent[]> {
    return this.client.withSignal(signal).listScaleSetEvents(this.name);
  }

  /** What is kept of the boots of its VMs. */
  bootLogs({ signal }: CallOptions = {}): Promise<BootLogView[]> {
    return this.client.withSignal(signal).listBootLogs(this.name);
  }

  /** What a VM of it, by its name in Azure, told as it booted; `source` asks for one part alone. */
  bootLog(
    vm: string,
    { signal, source }: CallOptions & { source?: BootLogView['source'] | undefined } = {},
  ): Promise<string> {
    return this.client.withSignal(signal).readBootLog(this.name, vm, source);
  }

  /** Of a set that a job made: it stays when that job ends. */
  handOver({ signal }: CallOptions = {}): Promise<ScaleSetView> {
    return this.client.withSignal(signal).handOverScaleSet(this.name);
  }

  /** Returns once that is wanted; `waitUntilDeleted` tells when it is so. */
  async delete({ signal }: CallOptions = {}): Promise<void> {
    await this.client.withSignal(signal).deleteScaleSet(this.name);
  }

  private ask(
    goal: Omit<ScaleSetGoal, 'for'> & { for?: 'enrolled' | 'ready' | 'deleted' },
    deadline: number,
  ): ReturnType<MusterClient['askScaleSetWait']> {
    const { for: wanted, atLeast, signal } = goal;
    const client = this.client.withSignal(signal);
    return patiently(goal, deadline, () =>
      client.askScaleSetWait(this.name, { for: wanted, atLeast, timeoutSeconds: secondsLeft(deadline) }),
    );
  }

  private gone(): MusterError {
    const message = `The scale set '${this.name}' was deleted while it was waited for.`;
    return new MusterError(0, { error: { code: 'Deleted', message } });
  }

  private failed(view: ScaleSetView): MusterError {
    const message = `The scale set '${this.name}' has failed${reasonOf(view.condition)}.`;
    return new MusterError(0, { error: { code: 'Failed', message } });
  }
}

function told({ name, state, capacity: { desired, enrolled }, condition }: ScaleSetView): string {
  return `Time was up: '${name}' is ${state}, ${enrolled} of ${desired} VMs have enrolled${reasonOf(condition)}.`;
}
