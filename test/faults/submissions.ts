import { setTimeout as pause } from 'node:timers/promises';
import { MusterError } from '../../client';
import type { JobView } from '../../shared/contracts';
import type { Shape } from './workload';
import type { Stage } from './stage';

/** Asks until there is an answer: as everybody has to who calls over a network. Refusals are answers. */
export async function persistently<Answer>(ask: () => Promise<Answer>, limitMs = 60_000): Promise<Answer> {
  for (const end = Date.now() + limitMs; ; await pause(200)) {
    try {
      return await ask();
    } catch (error) {
      // Status 0: nobody was there to answer.
      const isRefusal = error instanceof MusterError && error.status >= 400 && error.status < 500;
      if (isRefusal || Date.now() > end) throw error;
    }
  }
}

/** Shapes by name, each with the job that it became. */
export type Submitted = Map<string, { shape: Shape; job: JobView }>;

/** Submits every shape at its time, cancels those that are to be, and answers when all of that is done. */
export async function submitAll(stage: Stage, workload: Shape[]): Promise<Submitted> {
  const begun = Date.now();
  const jobs = new Map<string, Promise<JobView>>();
  const submit = async (shape: Shape): Promise<JobView> => {
    const earlier = shape.after && jobs.get(shape.after.shape);
    const dependsOn = earlier ? [{ job: (await earlier).id, outcome: shape.after!.outcome }] : [];
    await pause(Math.max(0, begun + shape.atMs - Date.now()));
    const request = { name: shape.name, ...shape.request, dependsOn };
    const job = await persistently(() => stage.client.submitJob(request, { idempotencyKey: shape.name }));
    if (shape.cancelAfterMs !== undefined) {
      await pause(shape.cancelAfterMs);
      await persistently(() => cancel(stage, job.id));
    }
    return job;
  };
  for (const shape of workload) jobs.set(shape.name, submit(shape));
  // None is left behind unheard when another fails.
  await Promise.allSettled(jobs.values());
  const submitted: Submitted = new Map();
  for (const shape of workload) submitted.set(shape.name, { shape, job: await jobs.get(shape.name)! });
  return submitted;
}

async function cancel({ stack, proxies }: Stage, jobId: string): Promise<void> {
  const url = `http://127.0.0.1:${proxies.host.port}/api/jobs/${jobId}/cancel`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-functions-key': stack.key },
    body: '{}',
  });
  const text = await response.text();
  if (!response.ok)
    throw new MusterError(response.status, { error: { code: 'CancelFailed', message: text } });
}
