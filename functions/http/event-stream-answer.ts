import { ReadableStream } from 'node:stream/web';
import type { HttpResponseInit, InvocationContext } from '@azure/functions';
import { eventText, type FollowMessage } from '../jobs/follow/message';

/** How long a reader waits before he connects again. */
const retryMs = 1000;

/**
 * Server-sent events, made as fast as they are read. `gone` is aborted when the reader has gone, as far as the host tells: Azure's own
 * does not, and the events then go on until they end in time.
 */
export function answerEvents(
  context: InvocationContext,
  events: (gone: AbortSignal) => AsyncGenerator<FollowMessage>,
): HttpResponseInit {
  const gone = new AbortController();
  const messages = events(gone.signal);
  const encode = (text: string): Uint8Array => Buffer.from(text);
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encode(`retry: ${retryMs}\n\n`)),
      async pull(controller) {
        try {
          const { done, value } = await messages.next();
          if (done) controller.close();
          else controller.enqueue(encode(eventText(value)));
        } catch (error) {
          // Broken off, never ended: the reader connects again.
          context.error(error);
          controller.error(error);
        }
      },
      async cancel() {
        gone.abort();
        await messages.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return {
    status: 200,
    // Nothing on the way is to hold events back, or to pack them together.
    headers: {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    },
    body,
  };
}
