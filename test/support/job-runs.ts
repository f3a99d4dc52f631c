import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { JobRequest, JobView, TaskView } from '../../shared/contracts';
import { eventually, text, type LocalStack } from './local-stack';

export const target = { scaleSet: 'cbox' };

export interface EndedJob {
  id: string;
  job: JobView;
  /** Of its first task. */
  stdout: string;
  tasks: TaskView[];
}

/** Runs a job on `cbox` to its end. */
export async function runJob(
  stack: LocalStack,
  request: Omit<z.input<typeof JobRequest>, 'target'>,
): Promise<EndedJob> {
  const { id } = await stack.client.submitJob({ target, ...request });
  const { job, stdout } = await endOf(stack, id);
  return { id, job, stdout, tasks: await stack.client.listTasks(id) };
}

export async function endOf(stack: LocalStack, id: string): Promise<{ job: JobView; stdout: string }> {
  const job = await eventually(`job ${id} ended`, async () => {
    const view = await stack.client.waitForJob(id, 5);
    return view.endedAt === null ? false : view;
  });
  return { job, stdout: text(await stack.client.readOutput(id, { task: 0, stream: 'stdout' })) };
}

/** One call of the API as it is: no redirect is followed. */
export function callApi(
  stack: LocalStack,
  method: string,
  ...[path, body, headers]: [string, object?, Record<string, string>?]
): Promise<Response> {
  return fetch(new URL(path, stack.url), {
    method,
    redirect: 'manual',
    headers: { 'x-functions-key': stack.key, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** What an error answer says: status, code, and where. */
export async function problemOf(
  response: Response,
): Promise<[number, string, string | string[] | undefined]> {
  const { error } = (await response.json()) as {
    error: { code: string; target?: string; details?: { target: string }[] };
  };
  return [response.status, error.code, error.details?.map((detail) => detail.target) ?? error.target];
}

export function hashOf(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
