import type { HistoryEvent } from '../../../host/durable/contract';
import { packEvents, unpackEvents } from '../../../host/durable/stored-events';

const Timestamp = '2026-01-01T00:00:00.000Z';
const started: HistoryEvent = { EventType: 12, EventId: -1, IsPlayed: false, Timestamp };
const scheduled: HistoryEvent = { EventType: 4, EventId: 0, IsPlayed: false, Timestamp, Name: 'a', $leaf: 0 };

describe('stored events', () => {
  it('come back as they were, and played', () => {
    expect(unpackEvents(packEvents([started, scheduled]))).toEqual([
      { ...started, IsPlayed: true },
      { ...scheduled, IsPlayed: true },
    ]);
  });

  it('take no room for what says nothing, and keep an id of 0', () => {
    expect(JSON.parse(packEvents([started, scheduled]))).toEqual([
      { EventType: 12, Timestamp },
      { EventType: 4, EventId: 0, Timestamp, Name: 'a', $leaf: 0 },
    ]);
  });

  it('are read from a file that was written with every field', () => {
    expect(unpackEvents(JSON.stringify([scheduled]))).toEqual([scheduled]);
  });
});
