import type { HttpResponseInit } from '@azure/functions';
import { CompletionReport } from '../../shared/contracts';
import type { App } from '../app';
import { completeTasks } from '../jobs/complete-tasks';
import { parseBody, type Call } from './route';
import { agentNamed } from './worker-lease';

/** Tasks of a VM have ended. */
export async function takeCompletions(app: App, { request, durable }: Call): Promise<HttpResponseInit> {
  const { owner } = agentNamed(app, request);
  const { batches } = await parseBody(request, CompletionReport);
  await completeTasks(app, durable, { owner, batches });
  return { status: 204 };
}
