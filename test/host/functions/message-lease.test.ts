import { MessageLease } from '../../../host/functions/queue/message-lease';

type Queue = ConstructorParameters<typeof MessageLease>[0];

/** Records calls; each update gives the next pop receipt, as the service does. */
function recordingQueue(fail = false) {
  const calls: unknown[][] = [];
  const queue = {
    deleteMessage: async (...args: unknown[]) => void calls.push(['delete', ...args]),
    updateMessage: async (...args: unknown[]) => {
      calls.push(['update', ...args]);
      if (fail) throw new Error('the storage is away');
      return { popReceipt: `receipt-${calls.length}` };
    },
  } as unknown as Queue;
  return { queue, calls };
}

describe('the lease of a queue message', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('is renewed while the function runs, and the newest pop receipt deletes the message', async () => {
    const { queue, calls } = recordingQueue();
    const lease = new MessageLease(queue, { messageId: 'm', popReceipt: 'receipt-0' });
    await jest.advanceTimersByTimeAsync(25_000);
    await lease.delete();
    expect(calls).toEqual([
      ['update', 'm', 'receipt-0', undefined, 30],
      ['update', 'm', 'receipt-1', undefined, 30],
      ['delete', 'm', 'receipt-2'],
    ]);
  });

  test('ends with the message visible again after the time given', async () => {
    const { queue, calls } = recordingQueue();
    await new MessageLease(queue, { messageId: 'm', popReceipt: 'receipt-0' }).release(10_000);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual([['update', 'm', 'receipt-0', undefined, 10]]);
  });

  test('goes on trying when a renewal fails', async () => {
    const { queue, calls } = recordingQueue(true);
    const lease = new MessageLease(queue, { messageId: 'm', popReceipt: 'receipt-0' });
    await jest.advanceTimersByTimeAsync(25_000);
    await lease.delete();
    expect(calls.map(([call]) => call)).toEqual(['update', 'update', 'delete']);
  });
});
