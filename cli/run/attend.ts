import { setTimeout as delay } from 'node:timers/promises';
import type { JobView } from '../../shared/contracts';
import type { Job } from '../../client';
import type { Console } from './console';

const statusMs = 1_000;

/** A job's output as it comes, and how the job ended. The tasks of an array come one after another, by their number. */
export async function attend(job: Job, output: Console, signal: AbortSignal): Promise<JobView> {
  const status = new AbortController();
  const { tasks } = await job.get({ signal });
  const shown = showStatus(job, output, AbortSignal.any([signal, status.signal]));
  try {
    for (let task = 0; task < (output.isQuiet ? 0 : tasks.total); task++) {
      await copyTask(job, output, { task, signal });
    }
    return await job.wait({ signal });
  } finally {
    status.abort();
    await shown;
    output.clear();
  }
}

/** Both streams of a task. One that is run again begins anew; what its lost run has shown cannot be taken back. */
async function copyTask(
  job: Job,
  output: Console,
  { task, signal }: { task: number; signal: AbortSignal },
): Promise<void> {
  let hasShown = false;
  for await (const event of job.events({ task, signal })) {
    if (event.event === 'output') {
      hasShown = true;
      await output.write(event.stream, event.bytes);
    }
    if (event.event === 'attempt' && hasShown && output.isLive)
      output.say(`muster: task ${task} is run again, from its beginning.`);
  }
}

/** State, why it waits, and tasks that have ended; for a person at a terminal alone. */
async function showStatus(job: Job, output: Console, signal: AbortSignal): Promise<void> {
  const startedAt = Date.now();
  while (output.isLive && !signal.aborted) {
    const view = await job.get({ signal }).catch(() => undefined);
    if (signal.aborted) return;
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    output.showStatus(view ? statusOf(view, seconds) : `${job.id}: the control plane does not answer`);
    await delay(statusMs, undefined, { signal }).catch(() => undefined);
  }
}

function statusOf({ id, state, tasks, condition }: JobView, seconds: number): string {
  const ended = tasks.succeeded + tasks.failed;
  const progress = tasks.total > 1 ? `, ${ended} of ${tasks.total} tasks done` : '';
  const failed = tasks.failed > 0 ? `, ${tasks.failed} failed` : '';
  const why = condition ? ` (${condition.code}: ${condition.message})` : '';
  return `${id}: ${state}${progress}${failed}, ${seconds} s${why}`;
}
