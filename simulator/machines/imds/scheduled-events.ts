import { randomUUID } from 'node:crypto';
import type { Machine, MachineSpec, SimulatorClock } from '../contract';
import { badRequest } from './errors';

type Request = Parameters<Machine['scheduleEvent']>[0];

interface ScheduledEvent {
  id: string;
  request: Request;
  status: 'Scheduled' | 'Started';
  notBefore: number;
  /** Ends the waiting of schedule(). */
  release: () => void;
  cancelTimer: () => void;
}

const DESCRIPTIONS: Record<Request['type'], string> = {
  Freeze: 'Virtual machine is being paused because of a memory-preserving Live Migration operation.',
  Reboot: 'Virtual machine is going to be restarted as requested by authorized user.',
  Redeploy: 'Virtual machine is going to be redeployed to a different host node.',
  Preempt: 'Virtual machine is going to be evicted: Azure needs the capacity of this Spot virtual machine.',
  Terminate: 'Virtual machine is going to be deleted.',
};

/** Seconds an event is expected to interrupt the VM; -1: unknown, or for good. */
const DURATIONS: Record<Request['type'], number> = {
  Freeze: 5,
  Reboot: -1,
  Redeploy: -1,
  Preempt: -1,
  Terminate: -1,
};

/** How long a started event of unknown duration stays listed, if the VM survives it. */
const LISTED_AFTER_START_MS = 10_000;

/**
 * One VM's scheduled events: Scheduled until approved or NotBefore has passed, then Started, then gone.
 * DocumentIncarnation grows with every change of the list.
 */
export class ScheduledEvents {
  private incarnation = 1;
  private readonly events = new Map<string, ScheduledEvent>();

  constructor(
    private readonly spec: MachineSpec,
    private readonly clock: SimulatorClock,
  ) {}

  /** Resolves when the event starts: approved, or its notice is over, or the VM is gone. */
  schedule(request: Request): Promise<void> {
    return new Promise((resolve) => {
      const id = randomUUID().toUpperCase();
      const notBefore = this.clock.now() + request.noticeMs;
      const event: ScheduledEvent = {
        id,
        request,
        status: 'Scheduled',
        notBefore,
        release: resolve,
        cancelTimer: () => undefined,
      };
      this.events.set(id, event);
      this.incarnation += 1;
      event.cancelTimer = this.clock.at(notBefore, () => this.start(event));
    });
  }

  /** The body of GET; older versions lack the fields that came later. */
  document(version: string): unknown {
    return {
      DocumentIncarnation: this.incarnation,
      Events: [...this.events.values()].map((event) => ({
        EventId: event.id,
        EventStatus: event.status,
        EventType: event.request.type,
        ResourceType: 'VirtualMachine',
        Resources: [this.spec.name],
        NotBefore: event.status === 'Started' ? '' : new Date(event.notBefore).toUTCString(),
        ...(version >= '2019-04-01' && { Description: DESCRIPTIONS[event.request.type] }),
        ...(version >= '2019-08-01' && { EventSource: event.request.source }),
        ...(version >= '2020-07-01' && { DurationInSeconds: DURATIONS[event.request.type] }),
      })),
    };
  }

  /** A POST's body: `{"StartRequests":[{"EventId":"..."}]}`. Approving twice is well; an unknown id is not. */
  approve(body: string): void {
    for (const id of startRequests(body)) {
      const event = this.events.get(id.toUpperCase());
      if (!event) throw badRequest(`EventId '${id}' does not exist`);
      this.start(event);
    }
  }

  /** The VM is gone: nobody waits any longer. */
  close(): void {
    for (const event of this.events.values()) {
      event.cancelTimer();
      event.release();
    }
    this.events.clear();
  }

  private start(event: ScheduledEvent): void {
    if (event.status === 'Started' || !this.events.has(event.id)) return;
    event.cancelTimer();
    event.status = 'Started';
    this.incarnation += 1;
    const duration = DURATIONS[event.request.type];
    const listedMs = duration < 0 ? LISTED_AFTER_START_MS : duration * 1000;
    event.cancelTimer = this.clock.at(this.clock.now() + listedMs, () => {
      this.events.delete(event.id);
      this.incarnation += 1;
    });
    event.release();
  }
}

function startRequests(body: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw badRequest('The request body is not valid JSON');
  }
  const requests = (parsed as { StartRequests?: unknown } | null)?.StartRequests;
  if (!Array.isArray(requests) || requests.length === 0) throw badRequest('StartRequests is missing');
  return requests.map((request: unknown) => {
    const id = (request as { EventId?: unknown } | null)?.EventId;
    if (typeof id !== 'string') throw badRequest('EventId is missing');
    return id;
  });
}
