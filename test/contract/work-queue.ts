import { TaskMessage } from '../../shared/contracts';
import type { WorkQueue } from '../../shared/ports';

/** What a test needs to look behind the port: the messages as their reader gets them. */
export interface WorkQueueUnderTest {
  queue: WorkQueue;
  /** Base64 text of every message on the queue; undefined where there is no queue. */
  read(queue: string): Promise<string[] | undefined>;
  /** When the first message of the queue expires. */
  expiry(queue: string): Promise<Date>;
}

const message = (task: number): TaskMessage => ({ version: 1, jobId: 'job-1', tasks: [task], retry: 0 });

export function defineWorkQueueContract(name: string, make: () => Promise<WorkQueueUnderTest>): void {
  let made: WorkQueueUnderTest;
  let count = 0;
  let queue: string;
  beforeAll(async () => {
    made = await make();
  });
  beforeEach(() => {
    count += 1;
    queue = `work-${count}`;
  });
  const decode = (text: string) => TaskMessage.parse(JSON.parse(Buffer.from(text, 'base64').toString()));

  describe(`${name}: work queue`, () => {
    test('creates a queue twice, and keeps what is on it', async () => {
      await made.queue.create(queue);
      await made.queue.enqueue(queue, [message(7)]);
      await made.queue.create(queue);
      expect((await made.read(queue))?.map(decode)).toEqual([message(7)]);
    });

    test('adds every message once, base64 of its JSON', async () => {
      await made.queue.create(queue);
      const messages = Array.from({ length: 75 }, (_, task) => message(task));
      await made.queue.enqueue(queue, messages);
      const read = ((await made.read(queue)) ?? []).map(decode);
      expect(read.sort((one, other) => one.tasks[0]! - other.tasks[0]!)).toEqual(messages);
    });

    test('adds messages that never expire', async () => {
      await made.queue.create(queue);
      await made.queue.enqueue(queue, [message(0)]);
      expect((await made.expiry(queue)).getUTCFullYear()).toBeGreaterThan(9_000);
    });

    test('adds nothing where there is nothing to add', async () => {
      await made.queue.create(queue);
      await made.queue.enqueue(queue, []);
      expect(await made.read(queue)).toEqual([]);
    });

    test('makes the queue where it is not there yet', async () => {
      await made.queue.enqueue(queue, [message(0), message(1)]);
      expect(await made.read(queue)).toHaveLength(2);
    });

    test('shows messages that were sent with a delay only after it', async () => {
      await made.queue.enqueue(queue, [message(0)], { delayMs: 1000 });
      expect(await made.read(queue)).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(await made.read(queue)).toHaveLength(1);
    });

    test('removes a queue with what is on it, and takes one that is gone for removed', async () => {
      await made.queue.create(queue);
      await made.queue.enqueue(queue, [message(0)]);
      await made.queue.remove(queue);
      await made.queue.remove(queue);
      expect(await made.read(queue)).toBeUndefined();
    });
  });
}
