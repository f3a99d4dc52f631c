import type { z } from 'zod';
import type {
  BootLogView,
  TimelineEvent,
  VirtualMachineRequest,
  VirtualMachineView,
  VirtualMachineWaitFor,
} from '../shared/contracts';
import { MusterError, waitTimedOut } from './errors';
import type { MusterClient } from './muster-client';
import type { CallOptions } from './scale-set';
import { deadlineOf, patiently, reasonOf, secondsLeft, type WaitOptions } from './waiting';

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

  /** Returns once it takes jobs. Rejects with `VirtualMachineFailed`, and its reason, where it cannot be made. */
  async waitFor(options: WaitOptions = {}): Promise<VirtualMachineView> {
    const view = await this.wait('ready', options);
    if (view) return view;
    const message = `The virtual machine '${this.name}' was deleted while it was waited for.`;
    throw new MusterError(0, { error: { code: 'Deleted', message } });
  }

  /** Returns once Azure has confirmed that it is gone, with all its parts. */
  async waitUntilDeleted(options: WaitOptions = {}): Promise<void> {
    await this.wait('deleted', options);
  }

  /** Its timeline, oldest first. */
  events({ signal }: CallOptions = {}): Promise<TimelineEvent[]> {
    return this.client.withSignal(signal).listVirtualMachineEvents(this.name);
  }

  /** What is kept of its boot. */
  bootLogs({ signal }: CallOptions = {}): Promise<BootLogView[]> {
    return this.client.withSignal(signal).listVirtualMachineBootLogs(this.name);
  }

  /** What it, by its name in Azure, told as it booted; `source` asks for one part alone. */
  bootLog(
    vm: string,
    { signal, source }: CallOptions & { source?: BootLogView['source'] | undefined } = {},
  ): Promise<string> {
    return this.client.withSignal(signal).readVirtualMachineBootLog(this.name, vm, source);
  }

  /** Of a VM that a job made: it stays when that job ends. */
  handOver({ signal }: CallOptions = {}): Promise<VirtualMachineView> {
    return this.client.withSignal(signal).handOverVirtualMachine(this.name);
  }

  /** Returns once that is wanted; `waitUntilDeleted` tells when it is so. */
  async delete({ signal }: CallOptions = {}): Promise<void> {
    await this.client.withSignal(signal).deleteVirtualMachine(this.name);
  }

  /** Undefined where it is gone. */
  private async wait(
    goal: VirtualMachineWaitFor,
    options: WaitOptions,
  ): Promise<VirtualMachineView | undefined> {
    const deadline = deadlineOf(options);
    const client = this.client.withSignal(options.signal);
    for (;;) {
      const { isReached, view } = await patiently(options, deadline, () =>
        client.askVirtualMachineWait(this.name, { for: goal, timeoutSeconds: secondsLeft(deadline) }),
      );
      if (isReached || !view) return view;
      if (Date.now() >= deadline)
        throw waitTimedOut(`Time was up: '${this.name}' is ${view.state}${reasonOf(view.condition)}.`);
    }
  }
}
