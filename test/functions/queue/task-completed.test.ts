import { InvocationContext, type StorageQueueHandler } from '@azure/functions';
import { registerTaskCompleted } from '../../../functions/queue/task-completed';
import { listTaskRows } from '../../../functions/records/jobs';
import type { CompletionMessage, Owner } from '../../../shared/contracts';
import { agentToken } from '../../../shared/domain';
import { startPretendApp, type PretendApp } from '../submissions/pretend-app';

const mockRegistered = new Map<string, StorageQueueHandler>();
jest.mock('@azure/functions', () => {
  const actual = jest.requireActual<typeof import('@azure/functions')>('@azure/functions');
  const storageQueue = (name: string, options: { handler: StorageQueueHandler }) =>
    mockRegistered.set(name, options.handler);
  return { ...actual, app: { ...actual.app, storageQueue } };
});
jest.mock('durable-functions', () => ({
  ...jest.requireActual<object>('durable-functions'),
  input: { durableClient: () => ({}) },
  getClient: () => ({ raiseEvent: () => Promise.resolve() }),
}));

let pretend: PretendApp;
beforeAll(async () => {
  pretend = await startPretendApp();
  registerTaskCompleted({ ...pretend.app, prepared: () => Promise.resolve() });
});
afterAll(() => pretend.close());

const owner: Owner = { kind: 'scale-set', name: 'cbox', incarnation: 'aaaaaaaa' };
const completion = (jobId: string): CompletionMessage => ({
  version: 1,
  agentToken: agentToken(owner, 'vm-1', pretend.app.config.MUSTER_SIGNING_KEY),
  batches: [
    {
      blob: `jobs/${jobId}/results/000000-000000.000.a.json`,
      jobId,
      taskCount: 1,
      wakeWithinMs: 0,
      results: [
        {
          version: 1,
          jobId,
          task: 0,
          retry: 0,
          attemptId: '001-a-0',
          worker: 'vm-1-0',
          end: 'exited',
          exitCode: 0,
          signal: null,
          message: '',
          startedAt: '',
          endedAt: '',
          stdoutBytes: 0,
          stderrBytes: 0,
          outputIn: 'result',
        },
      ],
    },
  ],
});

test.each<[string, (message: CompletionMessage) => unknown]>([
  ['base64, as agents send it', (message) => Buffer.from(JSON.stringify(message)).toString('base64')],
  ['decoded by its host', (message) => message],
  ['plain', (message) => JSON.stringify(message)],
])('a completion that comes %s is kept', async (how, form) => {
  const jobId = `job-${how.length}`;
  const context = new InvocationContext({ functionName: 'taskCompleted', invocationId: 'i' });
  await mockRegistered.get('taskCompleted')!(form(completion(jobId)), context);
  expect(await listTaskRows(pretend.app.records, { jobId, owner })).toMatchObject([
    { task: 0, outcome: { end: 'exited', exitCode: 0 } },
  ]);
});
