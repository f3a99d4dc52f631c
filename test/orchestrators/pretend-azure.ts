import type { ActivityHandler } from 'durable-functions';
import type { Owner, TimelineEvent } from '../../shared/contracts';
import type { LookSettings, ScaleSetSnapshot, ScaleSetStatus } from '../../shared/domain';
import { scaleSetActivities } from '../../shared/durable';

export const settings: LookSettings = {
  busyLookMs: 5_000,
  settledLookMs: 60_000,
  capacityWriteIntervalMs: 15_000,
  retryBaseMs: 2_000,
  retryMaxMs: 256_000,
};
export const owner: Owner = { kind: 'scale-set', name: 'cbox', incarnation: '0a1b2c3d' };

/**
 * A scale set and its rows in a few variables, behind the activities' own names: operations take 20 s of the stepped clock, an agent
 * calls as soon as its VM is there. `refuse` answers the next calls that create or resize with these codes.
 */
export class PretendAzure {
  wanted: NonNullable<ScaleSetSnapshot['desired']> | null;
  status: ScaleSetStatus;
  readonly calls: { step: string; at: number; input: Record<string, unknown> }[] = [];
  readonly timeline: TimelineEvent[] = [];
  readonly refuse: string[] = [];
  isAnswering = true;
  private capacity: number | null = null;
  private vms: string[] = [];
  private readonly admitted = new Set<string>();
  private operation: { endsAt: number; effect: () => void } | null = null;
  private made = 0;

  constructor(
    private readonly now: () => number,
    capacity: number,
  ) {
    this.wanted = { wanted: 'present', capacity, workersPerInstance: 1 };
    this.status = {
      state: 'creating',
      condition: null,
      resourceId: '/set',
      operation: null,
      failures: 0,
      retryAt: null,
      capacity: { desired: capacity, provisioned: 0, enrolled: 0 },
      capacityWrittenAt: null,
    };
  }

  get steps(): string[] {
    return this.calls.map((call) => call.step);
  }
  get size(): number {
    return this.vms.length;
  }

  activities(): Record<string, ActivityHandler> {
    const { observe, record, steps } = scaleSetActivities;
    const step = (name: string, act: (input: Record<string, unknown>) => unknown): ActivityHandler => {
      return (input: Record<string, unknown>) => {
        this.calls.push({ step: name, at: this.now(), input });
        return act(input);
      };
    };
    return {
      [observe.name]: () => ({ snapshot: this.look(), settings }),
      [record.name]: (input: { status: ScaleSetStatus; events: TimelineEvent[] }) => {
        this.status = input.status;
        this.timeline.push(...input.events);
        return null;
      },
      [steps.admitAgents.name]: step('admitAgents', ({ agentIds }) => {
        for (const id of agentIds as string[]) this.admitted.add(id);
        return { operation: null, failure: null };
      }),
      [steps.createScaleSet.name]: step('createScaleSet', (input) => this.resize(input.capacity as number)),
      [steps.setScaleSetCapacity.name]: step('setScaleSetCapacity', (input) =>
        this.resize(input.capacity as number),
      ),
      [steps.deleteScaleSetInstances.name]: step('deleteScaleSetInstances', ({ instanceIds }) =>
        this.begin(() => {
          this.vms = this.vms.filter((vm) => !(instanceIds as string[]).includes(vm));
          this.capacity = this.vms.length;
        }),
      ),
      [steps.deleteScaleSet.name]: step('deleteScaleSet', () =>
        this.begin(() => {
          this.vms = [];
          this.capacity = null;
        }),
      ),
      [steps.forgetScaleSet.name]: step('forgetScaleSet', () => {
        this.wanted = null;
        return { operation: null, failure: null };
      }),
    };
  }

  private resize(capacity: number): unknown {
    const code = this.refuse.shift();
    if (code)
      return { operation: null, failure: { code, message: code, isRetryable: true, retryAfterMs: null } };
    this.capacity = capacity;
    return this.begin(() => {
      while (this.vms.length < capacity) this.vms.push(String(this.made++));
    });
  }

  private begin(effect: () => void): unknown {
    this.operation = { endsAt: this.now() + 20_000, effect };
    return { operation: 'token', failure: null };
  }

  private look(): ScaleSetSnapshot {
    const isRunning = this.operation !== null && this.operation.endsAt > this.now();
    if (this.operation && !isRunning) {
      this.operation.effect();
      this.operation = null;
    }
    const failure = { code: 'TransportError', message: 'No answer.', isRetryable: true, retryAfterMs: null };
    const seen = {
      azure:
        this.capacity === null
          ? null
          : {
              provisioningState: isRunning ? 'Updating' : 'Succeeded',
              capacity: this.capacity,
              isOurs: true,
            },
      instances: this.vms.map((vm) => ({
        instanceId: vm,
        vmId: vm,
        provisioningState: 'Succeeded',
        createdAt: null,
      })),
      operation: isRunning
        ? { state: 'running' as const, retryAfterMs: null }
        : { state: 'succeeded' as const },
    };
    const nothing = { azure: null, instances: [], operation: null };
    return {
      desired: this.wanted,
      status: this.status,
      agents: this.vms.map((agentId) => ({
        agentId,
        state: this.admitted.has(agentId) ? 'enrolled' : 'pending',
        lastSeenAt: new Date(this.now()).toISOString(),
        runningTasks: 0,
      })),
      ...(this.isAnswering ? seen : nothing),
      failure: this.isAnswering ? null : failure,
    };
  }
}
