import type {
  BootLogView,
  TimelineEvent,
  UnnamedVirtualMachineRequest,
  VirtualMachineRequest,
  VirtualMachineView,
  VirtualMachineWaitFor,
} from '../shared/contracts';
import type { z } from 'zod';
import { keyHeader } from './idempotency-key';
import { ScaleSetCalls } from './scale-set-calls';
import type { WaitAnswer } from './transport';

/** What to wait for, and for how long (900 s where absent). */
export interface VirtualMachineWait {
  for?: VirtualMachineWaitFor;
  timeoutSeconds?: number;
}

/** Detached VMs. */
export abstract class VirtualMachineCalls extends ScaleSetCalls {
  putVirtualMachine(
    name: string,
    request: z.input<typeof VirtualMachineRequest>,
  ): Promise<VirtualMachineView> {
    return this.json('PUT', `/api/virtual-machines/${name}`, { body: request });
  }
  /** A VM whose name is made of a basename and six letters. With a key, a repeated call is the same VM. */
  createVirtualMachine(
    request: z.input<typeof UnnamedVirtualMachineRequest>,
    options: { idempotencyKey?: string } = {},
  ): Promise<VirtualMachineView> {
    const headers = keyHeader(options.idempotencyKey);
    return this.json('POST', '/api/virtual-machines', { body: request, headers });
  }
  getVirtualMachine(name: string): Promise<VirtualMachineView | undefined> {
    return this.find(`/api/virtual-machines/${name}`);
  }
  /** True once it is ready (or gone); false where time is up before. Rejects with its condition (409) where it cannot become ready. */
  waitForVirtualMachine(name: string, wait: VirtualMachineWait = {}): Promise<boolean> {
    return this.waitFor(virtualMachineWaitPath(name, wait), wait);
  }
  /** One answer of that wait, after `timeoutSeconds` (at most 200) at the latest. */
  askVirtualMachineWait(
    name: string,
    { timeoutSeconds = 100, ...wait }: VirtualMachineWait,
  ): Promise<WaitAnswer<VirtualMachineView>> {
    return this.askWait(virtualMachineWaitPath(name, wait), timeoutSeconds);
  }
  listVirtualMachines(): Promise<VirtualMachineView[]> {
    return this.listAll('/api/virtual-machines');
  }
  listVirtualMachineEvents(name: string): Promise<TimelineEvent[]> {
    return this.listAll(`/api/virtual-machines/${name}/events`);
  }
  /** What is kept of its boot. */
  listVirtualMachineBootLogs(name: string): Promise<BootLogView[]> {
    return this.listAll(`/api/virtual-machines/${name}/boot-logs`);
  }
  readVirtualMachineBootLog(name: string, vm: string, source?: BootLogView['source']): Promise<string> {
    return this.readBootLogOf(`virtual-machines/${name}`, vm, source);
  }
  /** Of a VM that a job made: it stays when that job ends. A repeat changes nothing. */
  handOverVirtualMachine(name: string): Promise<VirtualMachineView> {
    return this.json('POST', `/api/virtual-machines/${name}/hand-over`, { isRepeatable: true });
  }
  deleteVirtualMachine(name: string): Promise<unknown> {
    return this.json('DELETE', `/api/virtual-machines/${name}`);
  }
}

function virtualMachineWaitPath(name: string, { for: goal = 'ready' }: VirtualMachineWait): string {
  return `/api/virtual-machines/${name}/wait?for=${goal}`;
}
