import type { DurableClient } from 'durable-functions';
import { JobWakes } from '../../../functions/jobs/wakes';

const everyMs = 5000;
const createdBefore = (ms: number) => ({
  jobId: 'job-1',
  createdAt: new Date(Date.now() - ms).toISOString(),
});

function waker() {
  const woken: string[] = [];
  const raiseEvent = async (instanceId: string): Promise<void> => void woken.push(instanceId);
  return { wakes: new JobWakes(), durable: { raiseEvent } as unknown as DurableClient, woken };
}

describe('somebody who reads a job', () => {
  test('wakes its orchestrator, which may not have looked for long', async () => {
    const { wakes, durable, woken } = waker();
    await wakes.look(durable, createdBefore(60_000), everyMs);
    expect(woken).toHaveLength(1);
  });

  test('does not wake it for each time', async () => {
    const { wakes, durable, woken } = waker();
    const job = createdBefore(60_000);
    for (const _ of [1, 2, 3]) await wakes.look(durable, job, everyMs);
    expect(woken).toHaveLength(1);
  });

  test('does not wake it where the job was submitted just now: it looks by itself', async () => {
    const { wakes, durable, woken } = waker();
    await wakes.look(durable, createdBefore(0), everyMs);
    expect(woken).toEqual([]);
  });
});
