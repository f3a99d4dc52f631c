import type { Machine, MachineFleet, MachineSpec } from '../contract';

/**
 * VMs without processes of their own: each VM that boots is handed, as its MachineSpec, to a program that plays many of them at
 * once (`POST {url}/machines`), and taken from it when it is switched off (`DELETE {url}/machines/{vmId}`). For measuring with
 * more VMs than one machine has room for. Such a VM has no IMDS, no disk and no console.
 */
export function createThinFleet(urls: readonly string[]): MachineFleet {
  const machines = new Map<string, ThinMachine>();
  let booted = 0;
  return {
    async boot(spec) {
      const player = urls[booted++ % urls.length];
      if (player === undefined) throw new Error('No program plays thin VMs.');
      await call(`${player}/machines`, 'POST', spec);
      const machine = new ThinMachine(spec, async () => {
        machines.delete(spec.vmId);
        await call(`${player}/machines/${spec.vmId}`, 'DELETE');
      });
      machines.set(spec.vmId, machine);
      return machine;
    },
    running: () => [...machines.values()],
    async close() {
      // The programs may have ended before the simulator.
      await Promise.allSettled([...machines.values()].map((machine) => machine.powerOff()));
    },
  };
}

class ThinMachine implements Machine {
  private isStopped = false;

  constructor(
    readonly spec: MachineSpec,
    private readonly end: () => Promise<void>,
  ) {}

  state(): 'running' | 'stopped' {
    return this.isStopped ? 'stopped' : 'running';
  }

  bootFinished(): boolean {
    return true;
  }

  async consoleLog(): Promise<string> {
    return '';
  }

  /** Nobody is there to hear of it, nor to approve of it: its time passes. */
  async scheduleEvent({ noticeMs }: { noticeMs: number }): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, noticeMs).unref());
  }

  async powerOff(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    await this.end();
  }
}

async function call(url: string, method: string, body?: object): Promise<void> {
  const response = await fetch(url, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${url} was answered with ${response.status}.`);
  await response.arrayBuffer();
}
