import { awaitedEvents, type Action } from './action-types';
import type { HistoryEvent } from './contract';
import { EventType } from './history';

/**
 * Event names compare without regard to case in the extension, but with it in durable-functions. An event whose name is awaited
 * in another case is therefore given the awaited spelling. Answers whether anything changed: then the orchestrator,
 * which could not see the event before, must run again.
 */
export function respellEvents(history: readonly HistoryEvent[], leaves: readonly Action[]): boolean {
  const awaited = awaitedEvents(leaves);
  if (awaited.length === 0) return false;
  const exact = new Set(awaited);
  const byLowerCase = new Map(awaited.map((name) => [name.toLowerCase(), name]));
  let hasChanged = false;
  for (const event of history) {
    if (!isExternal(event) || exact.has(String(event['Name']))) continue;
    const spelling = byLowerCase.get(String(event['Name']).toLowerCase());
    if (spelling === undefined) continue;
    event['Name'] = spelling;
    hasChanged = true;
  }
  return hasChanged;
}

/** The events no wait has taken: each wait takes one of its name, the earliest first. They go on to the next generation. */
export function unconsumedEvents(
  history: readonly HistoryEvent[],
  awaited: readonly string[],
): HistoryEvent[] {
  const waits = new Map<string, number>();
  for (const name of awaited) waits.set(name.toLowerCase(), (waits.get(name.toLowerCase()) ?? 0) + 1);
  return history.filter((event) => {
    if (!isExternal(event)) return false;
    const name = String(event['Name']).toLowerCase();
    const left = waits.get(name) ?? 0;
    waits.set(name, left - 1);
    return left <= 0;
  });
}

function isExternal(event: HistoryEvent): boolean {
  return event.EventType === EventType.EventRaised && event['$response'] !== true;
}
