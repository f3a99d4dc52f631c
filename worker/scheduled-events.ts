import { z } from 'zod';
import type { Eviction } from '../shared/contracts/worker-protocol';
import { sleep } from './backoff';
import { metadataUrl } from './instance-facts';
import { describeError, type Log } from './log';

const eventsPath = '/metadata/scheduledevents?api-version=2020-07-01';
/** Azure turns the service on with the first call, which may take two minutes. */
const firstTimeoutMs = 130_000;
const timeoutMs = 5000;
const pauseMs = 1000;
const evictingTypes = ['preempt', 'terminate'];

const EventList = z.object({
  Events: z.array(
    z.object({
      EventId: z.string().min(1),
      EventType: z.string(),
      Resources: z.array(z.string()).default([]),
      NotBefore: z.string().default(''),
    }),
  ),
});

/**
 * The event that takes this VM away; other VMs of the group show in the same list. Once an event has started,
 * its NotBefore is empty: it is none the less an eviction.
 */
export function evictionIn(body: unknown, vmName: string): Eviction | undefined {
  const isOurs = (name: string): boolean => name.toLowerCase() === vmName.toLowerCase();
  const event = EventList.parse(body).Events.find(
    (one) => evictingTypes.includes(one.EventType.toLowerCase()) && one.Resources.some(isOurs),
  );
  if (!event) return undefined;
  const notBefore = Date.parse(event.NotBefore);
  return {
    eventId: event.EventId,
    notBefore: Number.isNaN(notBefore) ? null : new Date(notBefore).toISOString(),
  };
}

export function isEvictable(priority: string): boolean {
  return ['spot', 'low'].includes(priority.toLowerCase());
}

interface Watch {
  vmName: string;
  log: Log;
  end: AbortSignal;
}

/** Asks each second. A metadata service that does not answer is no eviction. Undefined only when told to end. */
export async function awaitEviction({ vmName, log, end }: Watch): Promise<Eviction | undefined> {
  let hasAnswered = false;
  let isFailing = false;
  while (!end.aborted) {
    try {
      const limit = AbortSignal.timeout(hasAnswered ? timeoutMs : firstTimeoutMs);
      const eviction = evictionIn(await readEvents(limit), vmName);
      hasAnswered = true;
      isFailing = false;
      if (eviction && !end.aborted) return eviction;
    } catch (error) {
      if (!isFailing && !end.aborted) log('warning', 'scheduled-events-unavailable', describeError(error));
      isFailing = true;
    }
    await sleep(pauseMs, end);
  }
  return undefined;
}

async function readEvents(signal: AbortSignal): Promise<unknown> {
  const response = await fetch(metadataUrl(eventsPath), { headers: { Metadata: 'true' }, signal });
  if (!response.ok) throw new Error(`the metadata service answered ${response.status}`);
  return response.json();
}

/** Tells Azure that it need not wait. Best effort: at the end of the notice the VM goes anyway. */
export async function approveEviction({ eventId }: Eviction, log: Log): Promise<void> {
  try {
    const response = await fetch(metadataUrl(eventsPath), {
      method: 'POST',
      headers: { Metadata: 'true', 'content-type': 'application/json' },
      body: JSON.stringify({ StartRequests: [{ EventId: eventId }] }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    log('info', 'eviction-approved', { eventId, status: response.status });
  } catch (error) {
    log('warning', 'eviction-not-approved', { eventId, ...describeError(error) });
  }
}
