import type { JobView, TaskView } from '../../shared/contracts';
import { lastRuns, taskPartition, type JobRow, type TaskRow } from '../../shared/domain';
import type { Stage } from './stage';
import type { Submitted } from './submissions';
import { taskCountOf, type ExpectedTask, type Shape, type Tag } from './workload';

/** What has to be true when all is over, whatever has happened. Each check answers its problems, one a line. */

export async function checkJobs(stage: Stage, submitted: Submitted): Promise<string[]> {
  const problems: string[] = [];
  for (const { shape, job } of submitted.values()) {
    const found = await checkJob(stage, shape, job.id);
    problems.push(...found.map((problem) => `${shape.name} (${job.id}): ${problem}`));
  }
  const rows = await stage.direct.records.list('jobs', 'job');
  if (rows.length !== submitted.size)
    problems.push(`${submitted.size} submissions became ${rows.length} jobs`);
  const open = await stage.direct.records.list('jobs', 'open');
  for (const { key } of open) problems.push(`the open mark of ${key} is left`);
  return problems;
}

async function checkJob(stage: Stage, shape: Shape, jobId: string): Promise<string[]> {
  const { client, records } = stage.direct;
  const [view, tasks] = [(await client.getJob(jobId))!, await client.listTasks(jobId)];
  const row = (await records.get<JobRow>('jobs', 'job', jobId))!.value;
  const rows = (await records.list<TaskRow>('tasks', taskPartition(row))).map(({ value }) => value);
  const outputs = await Promise.all(tasks.map((task) => checkOutput(stage, { shape, jobId, task })));
  return [
    ...checkStates(shape, view, tasks),
    ...tasks.flatMap((task) => checkTask(shape.task(task.task), task)),
    ...checkRows(rows, tasks),
    ...outputs.flat(),
  ];
}

function checkStates(shape: Shape, view: JobView, tasks: TaskView[]): string[] {
  const numbers = tasks.map(({ task }) => task);
  const wanted = Array.from({ length: taskCountOf(shape) }, (_, task) => task);
  const count = (...states: TaskView['state'][]): number =>
    tasks.filter((task) => states.includes(task.state) && task.endedAt !== null).length;
  const counted = {
    total: wanted.length,
    succeeded: count('succeeded'),
    failed: count('failed', 'cancelled'),
  };
  return [
    ...differs('its state', view.state, shape.state),
    ...differs('its tasks', numbers, wanted),
    ...differs('its counts', view.tasks, counted),
  ];
}

function checkTask(expected: ExpectedTask, task: TaskView): string[] {
  return Object.entries(expected).flatMap(([field, value]) =>
    differs(`task ${task.task}: its ${field}`, task[field as keyof TaskView], value),
  );
}

/** One row tells how each run of a task ended, and what is shown is the last run's. */
function checkRows(rows: TaskRow[], tasks: TaskView[]): string[] {
  const ends = rows.filter(({ outcome }) => outcome !== null);
  const names = ends.map(({ task, retry }) => `${task}.${retry}`);
  const last = new Map([...lastRuns(rows)].map((row) => [row.task, row]));
  return [
    ...differs('its results, each once', names.length, new Set(names).size),
    ...tasks
      .filter((task) => task.endedAt !== null)
      .flatMap((task) =>
        differs(
          `task ${task.task}: its attempt`,
          task.attemptId,
          last.get(task.task)?.outcome?.attemptId ?? null,
        ),
      ),
  ];
}

async function checkOutput(
  { direct: { client } }: Stage,
  { shape, jobId, task }: { shape: Shape; jobId: string; task: TaskView },
): Promise<string[]> {
  if (task.endedAt === null || task.attemptId === null) return [];
  const tag: Tag = { jobId, task: task.task, retry: task.retry, attemptId: task.attemptId };
  const problems: string[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    const bytes = Buffer.from(await client.readOutput(jobId, { task: task.task, stream }));
    const [found, expected] = [bytes.toString(), shape[stream](tag)];
    const isRight = shape.cutWith ? isBeginning(found, expected, shape.cutWith) : found === expected;
    if (!isRight) problems.push(`task ${task.task}: its ${stream} ${whereDifferent(found, expected)}`);
    problems.push(
      ...differs(`task ${task.task}: its count of ${stream}`, task[`${stream}Bytes`], bytes.length),
    );
  }
  return problems;
}

function isBeginning(found: string, whole: string, word: string): boolean {
  const own = found.endsWith(word) ? found.slice(0, -word.length) : found;
  return whole.startsWith(own);
}

function whereDifferent(found: string, expected: string): string {
  let at = 0;
  while (at < found.length && found[at] === expected[at]) at++;
  const near = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 20), at + 60));
  return `has ${found.length} characters of ${expected.length} and differs at ${at}: ${near(found)} instead of ${near(expected)}`;
}

function differs(what: string, found: unknown, expected: unknown): string[] {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === should ? [] : [`${what}: ${is} instead of ${should}`];
}

/** No message lies anywhere, hidden ones and those that were given up counted too. */
export async function leftMessages({ direct: { queues } }: Stage): Promise<string[]> {
  const left: string[] = [];
  for await (const { name } of queues.listQueues()) {
    const { approximateMessagesCount = 0 } = await queues.getQueueClient(name).getProperties();
    if (approximateMessagesCount > 0) left.push(`${approximateMessagesCount} messages in ${name}`);
  }
  return left;
}

interface Orchestration {
  instanceId: string;
  runtimeStatus: string;
  output: unknown;
}

/** A failed orchestration is a fault of ours, even where another took over. */
export async function failedOrchestrations({ stack, direct: { systemKey } }: Stage): Promise<string[]> {
  const url = new URL('/runtime/webhooks/durabletask/instances', stack.url);
  url.search = new URLSearchParams({ code: systemKey, runtimeStatus: 'Failed', top: '100' }).toString();
  const found = (await (await fetch(url)).json()) as Orchestration[];
  return found.map(
    ({ instanceId, output }) => `orchestration ${instanceId} failed: ${JSON.stringify(output)}`,
  );
}
