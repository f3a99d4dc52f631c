import type { JobView } from '../../shared/contracts';
import { callApi } from '../support/api-call';
import { eventually, putTemplateLike, startLocalStack, text, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack({ MUSTER_CANCEL_LOOK_MS: '500' });
  // A disk of 1 MiB that is full at once.
  const bootCommands = ['mkdir -p /small', 'mount -t tmpfs -o size=1m,mode=1777 tmpfs /small'];
  await putTemplateLike(stack, 'small-disk', { template: { bootCommands } });
  await stack.client.putScaleSet('cbox', { template: 'small-disk', capacity: 2, workersPerInstance: 2 });
  await stack.client.putScaleSet('single', { template: 'cbox', capacity: 1 });
  for (const name of ['cbox', 'single']) await stack.client.waitForScaleSet(name, { timeoutSeconds: 60 });
}, 90_000);
afterAll(() => stack?.dispose());

const target = { scaleSet: 'cbox' };
const ended = (id: string): Promise<JobView> =>
  eventually(`job ${id} ended`, async () => {
    const job = await stack.client.waitForJob(id, 10);
    return job.endedAt !== null && job;
  });
const stdout = async (id: string, task = 0): Promise<string> =>
  text(await stack.client.readOutput(id, { task, stream: 'stdout' }));
const script = (lines: string) => ({ script: lines, interpreter: 'bash' as const });

describe('retries', () => {
  test('are for the exit codes that the policy names, and no more than it says', async () => {
    const job = await stack.client.submitJob({
      target,
      array: { count: 4 },
      retry: { limit: 2, exitCodes: [75] },
      run: script(`echo "run $MUSTER_TASK_RETRY"
case $MUSTER_TASK_INDEX in
  0) [ $MUSTER_TASK_RETRY = 2 ] || exit 75 ;;
  1) exit 1 ;;
  2) exit 75 ;;
  3) kill -KILL $$ ;;
esac`),
    });
    expect(await ended(job.id)).toMatchObject({
      state: 'failed',
      tasks: { total: 4, succeeded: 1, failed: 3 },
    });
    expect(await stack.client.listTasks(job.id)).toMatchObject([
      { state: 'succeeded', retry: 2, exitCode: 0 },
      { state: 'failed', retry: 0, exitCode: 1 },
      { state: 'failed', retry: 2, exitCode: 75 },
      { state: 'failed', retry: 0, end: 'signalled', signal: 'SIGKILL' },
    ]);
    expect([await stdout(job.id, 0), await stdout(job.id, 2)]).toEqual(['run 2\n', 'run 2\n']);
  });

  test('are for every failure where it names none: a signal, a time-out, a missing program', async () => {
    const retry = { limit: 1 };
    const again = '[ $MUSTER_TASK_RETRY = 1 ] && exit 0';
    const [job, missing] = await Promise.all([
      stack.client.submitJob({
        target,
        retry,
        array: { count: 2 },
        taskTimeoutMs: 1000,
        killGraceMs: 0,
        run: script(`${again}; [ $MUSTER_TASK_INDEX = 0 ] && kill -SEGV $$; sleep 60`),
      }),
      stack.client.submitJob({ target, retry, run: { program: 'no-such-program' } }),
    ]);
    expect(await ended(job.id)).toMatchObject({ state: 'succeeded', tasks: { succeeded: 2 } });
    expect((await stack.client.listTasks(job.id)).map(({ retry: runs }) => runs)).toEqual([1, 1]);
    await ended(missing.id);
    expect(await stack.client.listTasks(missing.id)).toMatchObject([{ end: 'program-missing', retry: 1 }]);
  });
});

describe('time-outs', () => {
  test("a task past its own is ended with its reason, the job's others are not", async () => {
    const job = await stack.client.submitJob({
      target,
      array: { count: 2 },
      taskTimeoutMs: 1000,
      run: script(
        'trap "echo asked to end; exit 4" TERM; [ $MUSTER_TASK_INDEX = 1 ] && exit 0; while :; do sleep 0.05; done',
      ),
    });
    expect(await ended(job.id)).toMatchObject({ state: 'failed', tasks: { succeeded: 1, failed: 1 } });
    expect((await stack.client.listTasks(job.id))[0]).toMatchObject({ end: 'timed-out', exitCode: 4 });
    expect(await stdout(job.id)).toBe('asked to end\n');
  });

  test('a job past its own fails: what runs is ended, what waits is not begun', async () => {
    const job = await stack.client.submitJob({
      target,
      array: { count: 8 },
      timeoutMs: 1500,
      killGraceMs: 0,
      run: script('[ $MUSTER_TASK_INDEX = 0 ] && exit 0; sleep 60'),
    });
    const end = await ended(job.id);
    expect(end).toMatchObject({
      state: 'failed',
      condition: { code: 'JobTimedOut' },
      tasks: { succeeded: 1 },
    });
    expect(Date.parse(end.endedAt!) - Date.parse(end.createdAt)).toBeLessThan(10_000);
    const states = (await stack.client.listTasks(job.id)).map(({ state }) => state);
    expect(states).toEqual(['succeeded', ...Array<string>(7).fill('cancelled')]);
  });
});

describe('order and number', () => {
  test('maxRunning: no more tasks run at once than that, however many workers are free', async () => {
    const job = await stack.client.submitJob({
      target,
      array: { count: 8 },
      maxRunning: 2,
      run: script('date +%s%3N; sleep 0.4; date +%s%3N'),
    });
    expect((await ended(job.id)).state).toBe('succeeded');
    const spans = await Promise.all(
      Array.from({ length: 8 }, async (_, task) =>
        (await stdout(job.id, task)).trim().split('\n').map(Number),
      ),
    );
    const atOnce = spans.map(([at]) => spans.filter(([begin, end]) => begin! <= at! && at! < end!).length);
    expect(Math.max(...atOnce)).toBe(2);
  });

  test('a job of high priority overtakes a long queue of normal ones, and low comes last', async () => {
    const submit = (priority: 'low' | 'normal' | 'high', count: number) =>
      stack.client.submitJob({
        target: { scaleSet: 'single' },
        priority,
        array: { count },
        run: { program: 'sleep', arguments: ['0.1'] },
      });
    const [low, normal] = [await submit('low', 1), await submit('normal', 400)];
    await eventually('the queue moves', async () => {
      const job = await stack.client.getJob(normal.id);
      return job!.tasks.succeeded > 0;
    });
    const high = await submit('high', 3);
    expect((await ended(high.id)).state).toBe('succeeded');
    expect((await stack.client.getJob(normal.id))!.endedAt).toBeNull();
    expect((await stack.client.getJob(low.id))!.priority).toBe('low');
    await stack.client.cancelJob(normal.id, { graceMs: 0 });
    await ended(normal.id);
    expect((await ended(low.id)).state).toBe('succeeded');
  }, 60_000);

  test('a job waits for those it depends on, and says for which', async () => {
    const first = await stack.client.submitJob({ target, run: script('sleep 1.5') });
    const second = await stack.client.submitJob({
      target,
      dependsOn: [{ job: first.id }],
      run: { program: 'true' },
    });
    const waiting = await eventually('the second waits', async () => {
      const job = await stack.client.getJob(second.id);
      return job!.condition !== null && job;
    });
    expect(waiting).toMatchObject({
      state: 'waiting',
      condition: { code: 'WaitingForJobs', message: expect.stringContaining(first.id) },
    });
    const [before, after] = [await ended(first.id), await ended(second.id)];
    expect(after).toMatchObject({ state: 'succeeded', dependsOn: [{ job: first.id, outcome: 'succeeded' }] });
    expect(after.startedAt! >= before.endedAt!).toBe(true);
  });

  test('where one failed, a job that needs its success fails unrun, one that needs its end runs', async () => {
    const failing = await stack.client.submitJob({ target, run: { program: 'false' } });
    const [needy, tidy] = await Promise.all([
      stack.client.submitJob({ target, dependsOn: [{ job: failing.id }], run: { program: 'true' } }),
      stack.client.submitJob({
        target,
        dependsOn: [{ job: failing.id, outcome: 'ended' }],
        run: { program: 'true' },
      }),
    ]);
    expect(await ended(needy.id)).toMatchObject({
      state: 'failed',
      startedAt: null,
      condition: { code: 'DependencyFailed', message: expect.stringContaining(`'${failing.id}' has failed`) },
    });
    expect((await stack.client.listTasks(needy.id))[0]).toMatchObject({
      state: 'cancelled',
      attemptId: null,
    });
    expect((await ended(tidy.id)).state).toBe('succeeded');
  });
});

describe('a failed task says how', () => {
  test.each([
    [
      'its working folder is missing',
      { run: { program: 'true' }, workingDirectory: '/no/such' },
      'working-directory-missing',
    ],
    ['its program may not be executed', { run: { program: '/etc/passwd' } }, 'program-not-executable'],
    [
      'its disk is full',
      { run: script('head -c 4000000 /dev/zero > file'), workingDirectory: '/small' },
      'out-of-disk',
    ],
  ])('%s', async (_what, request, end) => {
    const job = await stack.client.submitJob({ target, ...request });
    expect((await ended(job.id)).state).toBe('failed');
    expect((await stack.client.listTasks(job.id))[0]).toMatchObject({ state: 'failed', end });
  });
});

describe('a script is not cut (R-25)', () => {
  const body = `begin
  words = append!(["one"], ["two"])
end
append`;

  test('whatever its first and last lines are', async () => {
    const job = await stack.client.submitJob({ target, run: { script: body, interpreter: ['/bin/cat'] } });
    await ended(job.id);
    expect(await stdout(job.id)).toBe(body);
  });

  test('and runs whole', async () => {
    const job = await stack.client.submitJob({
      target,
      run: {
        script:
          'begin() { echo "$@"; }\nbegin one\nappend() { begin appended; }\nend=last\nappend\nbegin $end',
      },
    });
    expect((await ended(job.id)).state).toBe('succeeded');
    expect(await stdout(job.id)).toBe('one\nappended\nlast\n');
  });
});

describe('a list of jobs', () => {
  test('is narrowed by state, name and target, newest first, and pages keep the filter', async () => {
    const submit = (name: string, scaleSet: string, program: string) =>
      stack.client.submitJob({ name, target: { scaleSet }, run: { program } });
    const jobs = [
      await submit('list-a1', 'cbox', 'true'),
      await submit('list-a2', 'cbox', 'false'),
      await submit('list-b1', 'single', 'true'),
    ];
    for (const { id } of jobs) await ended(id);
    const names = async (filter: Parameters<typeof stack.client.listJobs>[0]) =>
      (await stack.client.listJobs(filter)).map(({ name }) => name);
    expect(await names({ name: 'list-' })).toEqual(['list-b1', 'list-a2', 'list-a1']);
    expect(await names({ name: 'list-', state: ['failed'] })).toEqual(['list-a2']);
    expect(await names({ name: 'list-', state: ['failed', 'succeeded'], scaleSet: 'CBOX' })).toEqual([
      'list-a2',
      'list-a1',
    ]);
    expect(await names({ name: 'list-', scaleSet: 'single' })).toEqual(['list-b1']);
    expect(await names({ virtualMachine: 'cbox' })).toEqual([]);

    const found: (string | null)[] = [];
    let next: string | undefined = '/api/jobs?name=list-&state=succeeded&top=1';
    for (let pages = 0; next !== undefined && pages < 200; pages++) {
      const { body }: { body: { value: JobView[]; nextLink?: string } } = await callApi(stack, 'GET', next);
      found.push(...body.value.map(({ name }) => name));
      next = body.nextLink;
    }
    expect(found).toEqual(['list-b1', 'list-a1']);
  });
});
