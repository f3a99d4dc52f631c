import type { HistoryEvent } from './contract';

/**
 * A turn's events as the file has them: in the extension's vocabulary, without what says nothing there. What is stored has been
 * played, and most events have no id of their own (-1): together a sixth of a short orchestration's size.
 */
export function packEvents(events: readonly HistoryEvent[]): string {
  return JSON.stringify(events.map(pack));
}

export function unpackEvents(text: string): HistoryEvent[] {
  return (JSON.parse(text) as Partial<HistoryEvent>[]).map(
    (stored) => ({ EventId: -1, IsPlayed: true, ...stored }) as HistoryEvent,
  );
}

function pack({ IsPlayed: _played, ...stored }: HistoryEvent): Partial<HistoryEvent> {
  if (stored.EventId !== -1) return stored;
  const { EventId: _none, ...rest } = stored;
  return rest;
}
