import type { ReadableStream } from 'node:stream/web';
import type { InvocationContext } from '@azure/functions';
import { answerEvents } from '../../../functions/http/event-stream-answer';
import type { FollowMessage } from '../../../functions/jobs/follow/message';

const said: unknown[] = [];
const context = { error: (error: unknown) => said.push(error) } as unknown as InvocationContext;
const begin: FollowMessage = {
  event: 'attempt',
  id: '0:0:a:0:0',
  data: { task: 0, retry: 0, attemptId: 'a' },
};

function readerOf(events: (gone: AbortSignal) => AsyncGenerator<FollowMessage>) {
  const { body, headers } = answerEvents(context, events);
  const reader = (body as unknown as ReadableStream<Uint8Array>).getReader();
  const read = async (): Promise<string | undefined> => {
    const { value } = await reader.read();
    return value && Buffer.from(value).toString();
  };
  return { read, reader, headers };
}

test('an answer of events says how long to wait before a reconnect, then the events, and is not to be held back on the way', async () => {
  const { read, headers } = readerOf(async function* () {
    yield begin;
  });
  expect(headers).toMatchObject({
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
  });
  expect(await read()).toBe('retry: 1000\n\n');
  expect(await read()).toMatch(/^id: 0:0:a:0:0\nevent: attempt\n/);
  expect(await read()).toBeUndefined();
});

test('events are made as they are read, and none after the reader has gone', async () => {
  let made = 0;
  const ended = new Promise<void>((resolve) => {
    const { read, reader } = readerOf(async function* (gone) {
      try {
        while (!gone.aborted) {
          made++;
          yield { event: 'keep-alive' };
        }
      } finally {
        resolve();
      }
    });
    void (async () => {
      await read();
      await read();
      await read();
      expect(made).toBe(2);
      await reader.cancel();
    })();
  });
  await ended;
  expect(made).toBe(2);
});

test('events that fail break the answer off, and the failure is logged', async () => {
  const { read } = readerOf(async function* () {
    yield begin;
    throw new Error('storage is away');
  });
  await read();
  await read();
  await expect(read()).rejects.toThrow('storage is away');
  expect(said).toEqual([new Error('storage is away')]);
});
