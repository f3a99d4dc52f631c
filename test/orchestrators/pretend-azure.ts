import type { ActivityHandler } from 'durable-functions';
import type { Owner, TimelineEvent } from '../../shared/contracts';
import {
  afterListing,
  digest,
  newScaleSetStatus,
  watchedSinceAt,
  type Departure,
  type InstanceRow,
  type ObservedAgent,
  type ScaleSetSnapshot,
  type ScaleSetStatus,
} from '../../shared/domain';
import { scaleSetActivities } from '../../shared/durable';
import { settings, wanting } from '../shared/domain/samples';

export { settings };
export const owner: Owner = { kind: 'scale-set', name: 'cbox', incarnation: '0a1b2c3d' };

const stepDone = { operation: null, failure: null };

/**
 * A scale set and its rows in a few variables, behind the activities' own names: operations take 20 s of the stepped clock, an agent
 * enrols as soon as its VM is there. `refuse` answers the next calls that create or resize with these codes; a VM in
 * `silent` calls no more, one made while `areBootsFailing` never does.
 */
export class PretendAzure {
  wanted: NonNullable<ScaleSetSnapshot['desired']> | null;
  status: ScaleSetStatus;
  readonly calls: { step: string; at: number; input: Record<string, unknown> }[] = [];
  readonly timeline: TimelineEvent[] = [];
  readonly refuse: string[] = [];
  readonly silent = new Map<string, number>();
  areBootsFailing = false;
  isAnswering = true;
  private capacity: number | null = null;
  private vms: { id: string; madeAt: number; isDead: boolean }[] = [];
  private operation: { endsAt: number; effect: () => void } | null = null;
  private made = 0;

  constructor(
    private readonly now: () => number,
    capacity: number,
  ) {
    this.wanted = wanting(capacity);
    this.status = newScaleSetStatus({ resourceId: '/set', capacity });
  }

  get steps(): string[] {
    return this.calls.map((call) => call.step);
  }
  get size(): number {
    return this.vms.length;
  }
  get names(): string[] {
    return this.vms.map((vm) => vm.id);
  }

  activities(): Record<string, ActivityHandler> {
    const { observe, record, steps } = scaleSetActivities;
    const step = (
      name: keyof typeof steps,
      act: (input: Record<string, unknown>) => unknown,
    ): [string, ActivityHandler] => [
      steps[name].name,
      (input: Record<string, unknown>) => {
        this.calls.push({ step: name, at: this.now(), input });
        return act(input);
      },
    ];
    const remove = (ids: string[]): unknown =>
      this.begin(() => {
        this.vms = this.vms.filter((vm) => !ids.includes(vm.id));
        this.capacity = this.vms.length;
      });
    return {
      [observe.name]: () => ({ snapshot: this.look(), settings }),
      [record.name]: (input: { status: ScaleSetStatus; events: TimelineEvent[] }) => {
        this.status = input.status;
        this.timeline.push(...input.events);
        return null;
      },
      ...Object.fromEntries([
        step('createScaleSet', (input) => this.resize(input.capacity as number)),
        step('setScaleSetCapacity', (input) => this.resize(input.capacity as number)),
        step('deleteScaleSetInstances', ({ instanceIds }) => remove(instanceIds as string[])),
        step('replaceInstances', ({ departures }) =>
          remove((departures as Departure[]).map((one) => one.instanceId)),
        ),
        step('forgetAgents', () => stepDone),
        step('retireScaleSet', () => {
          if (this.wanted) this.wanted = { ...this.wanted, wanted: 'absent' };
          return stepDone;
        }),
        step('deleteScaleSet', () =>
          this.begin(() => {
            this.vms = [];
            this.capacity = null;
          }),
        ),
        step('forgetScaleSet', () => {
          this.wanted = null;
          return stepDone;
        }),
      ]),
    };
  }

  private resize(capacity: number): unknown {
    const code = this.refuse.shift();
    if (code)
      return { operation: null, failure: { code, message: code, isRetryable: true, retryAfterMs: null } };
    this.capacity = capacity;
    return this.begin(() => {
      while (this.vms.length < capacity)
        this.vms.push({ id: String(this.made++), madeAt: this.now(), isDead: this.areBootsFailing });
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
    const now = new Date(this.now());
    const azure =
      this.capacity === null
        ? null
        : {
            provisioningState: isRunning ? 'Updating' : 'Succeeded',
            capacity: this.capacity,
            isOurs: true,
            zones: [],
          };
    const listing = this.isAnswering ? afterListing(this.status.listing, 1, now) : this.status.listing;
    const failure = { code: 'TransportError', message: 'No answer.', isRetryable: true, retryAfterMs: null };
    const seen = digest(
      { instances: this.instances(), agents: this.agents(), now, settings },
      {
        desired: this.wanted?.capacity ?? 0,
        removals: [],
        listedAt: listing.listedAt,
        watchedSince: watchedSinceAt(this.status, now),
      },
    );
    return {
      desired: this.wanted,
      status: this.status,
      azure: this.isAnswering ? azure : null,
      listing,
      ...seen,
      quota: null,
      operation: isRunning ? { state: 'running', retryAfterMs: null } : { state: 'succeeded' },
      failure: this.isAnswering ? null : failure,
    };
  }

  private instances(): InstanceRow[] {
    return this.vms.map(({ id, madeAt }, index) => {
      const at = new Date(madeAt).toISOString();
      const names = { vmId: id, instanceId: id, name: `set_${id}`, resourceId: `/set/${id}` };
      const rest = { priority: 'Regular' as const, zone: '', index };
      return {
        ...names,
        ...rest,
        provisioningState: 'Succeeded',
        createdAt: at,
        firstListedAt: at,
        stateSince: at,
      };
    });
  }

  private agents(): ObservedAgent[] {
    const living = this.vms.filter((vm) => !vm.isDead);
    return living.map(({ id, madeAt }) => {
      const seenAt = this.silent.get(id) ?? this.now();
      const isLost = this.now() - seenAt > 60_000;
      return {
        agentId: id,
        name: `set_${id}`,
        state: isLost ? 'lost' : 'enrolled',
        lastSeenAt: new Date(seenAt).toISOString(),
        leaseExpiresAt: new Date(seenAt + 60_000).toISOString(),
        enrolledAt: new Date(madeAt).toISOString(),
        runningTasks: 0,
        stage: null,
        preparation: null,
        goesAt: null,
      };
    });
  }
}
