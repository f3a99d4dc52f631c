import type { EntityRequest } from './entities/messages';
import { schedulerId } from './entities/messages';
import type { HistoryEvent } from './contract';
import { EventType, event } from './history';

/** Where an entity message of an orchestration comes from, and the id its event is to take. */
export interface Sender {
  instanceId: string;
  executionId: string;
  now: number;
}

export function lockEvent(
  id: number,
  lock: { lockset: { name: string; key: string }[]; requestId: string },
  sender: Sender,
): HistoryEvent {
  const request: EntityRequest = {
    id: lock.requestId,
    parent: sender.instanceId,
    parentExecution: sender.executionId,
    lockset: lock.lockset,
    pos: 0,
  };
  const first = lock.lockset[0] as { name: string; key: string };
  return sent({ id, target: schedulerId(first), name: 'op' }, request, sender.now);
}

/** One event, and one id, per entity of the set: so durable-functions counts. */
export function releaseEvents(firstId: number, lock: EntityRequest, sender: Sender): HistoryEvent[] {
  return (lock.lockset ?? []).map((entity, index) => {
    const request: EntityRequest = { id: lock.id, parent: sender.instanceId, isRelease: true };
    return sent({ id: firstId + index, target: schedulerId(entity), name: 'release' }, request, sender.now);
  });
}

function sent(
  { id, target, name }: { id: number; target: string; name: string },
  request: EntityRequest,
  now: number,
): HistoryEvent {
  return event(EventType.EventSent, now, {
    EventId: id,
    InstanceId: target,
    Name: name,
    Input: JSON.stringify(request),
  });
}

/** The lock an orchestration has asked for and not given back, by its history. It can have but one. */
export function heldLock(history: readonly HistoryEvent[]): EntityRequest | undefined {
  let held: EntityRequest | undefined;
  for (const one of history) {
    if (one.EventType !== EventType.EventSent) continue;
    if (one['Name'] === 'release') held = undefined;
    const input = String(one['Input']);
    if (one['Name'] !== 'op' || !input.includes('"lockset"')) continue;
    const request = JSON.parse(input) as EntityRequest;
    if (request.lockset) held = request;
  }
  return held;
}
