import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { TimelineEvent, VirtualMachineRequest, VirtualMachineView } from '../shared/contracts';
import { MusterError, waitTimedOut } from './errors';
import type { MusterClient } from './muster-client';
import type { CallOptions } from './scale-set';
import { deadlineOf, patiently, reasonOf, type WaitOptions } from './waiting';

const lookMs = 1_000;

/** A detached VM by its name, whether it is there or not. */
export class VirtualMachine {
  constructor(
    private readonly client: MusterClient,
    readonly name: string,
  ) {}

  /** Makes it. A repeat is the same VM; whatever differs is a 409. */
  create(
    request: z.input<typeof VirtualMachineRequest>,
    { signal }: CallOptions = {},
  ): Promise<VirtualMachineView> {
    return this.client.withSignal(signal).putVirtualMachine(this.name, request);
  }

  /** Undefined where there is none (any more). */
  get({ signal }: CallOptions = {}): Promise<VirtualMachineView | undefined> {
    return this.client.withSignal(signal).getVirtualMachine(this.name);
  }

  /** Returns once it takes jobs. Rejects with `Failed`, and its reason, where it could not be made. */
  async waitFor(options: WaitOptions = {}): Promise<VirtualMachineView> {
    const deadline = deadlineOf(options);
    for (;;) {
      const view = await this.look(options, deadline);
      if (!view) throw this.failure('NotFound', 'is not there');
      if (view.state === 'ready') return view;
      if (view.state === 'failed') throw this.failure('Failed', `has failed${reasonOf(view.condition)}`);
      await this.pause(view, options, deadline);
    }
  }

  /** Returns once Azure has confirmed that it is gone, with all its parts. */
  async waitUntilDeleted(options: WaitOptions = {}): Promise<void> {
    const deadline = deadlineOf(options);
    for (;;) {
      const view = await this.look(options, deadline);
      if (!view) return;
      await this.pause(view, options, deadline);
    }
  }

  /** Its timeline, oldest first. */
  events({ signal }: CallOptions = {}): Promise<TimelineEvent[]> {
    return this.client.withSignal(signal).listVirtualMachineEvents(this.name);
  }

  /** Returns once that is wanted; `waitUntilDeleted` tells when it is so. */
  async delete({ signal }: CallOptions = {}): Promise<void> {
    await this.client.withSignal(signal).deleteVirtualMachine(this.name);
  }

  private look(options: WaitOptions, deadline: number): Promise<VirtualMachineView | undefined> {
    return patiently(options, deadline, () => this.get(options));
  }

  private async pause({ state, condition }: VirtualMachineView, { signal }: WaitOptions, deadline: number) {
    const left = deadline - Date.now();
    if (left <= 0) throw waitTimedOut(`Time was up: '${this.name}' is ${state}${reasonOf(condition)}.`);
    await delay(Math.min(left, lookMs), undefined, { signal }).catch(() => signal?.throwIfAborted());
  }

  private failure(code: string, message: string): MusterError {
    return new MusterError(0, { error: { code, message: `The virtual machine '${this.name}' ${message}.` } });
  }
}
