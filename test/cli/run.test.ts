import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useCommandLine } from '../support/command-line-place';
import { eventually, type LocalStack } from '../support/local-stack';
import { startFlakyProxy, type Fault, type FlakyProxy } from '../support/flaky-proxy';
import { makeGate, type Gate } from '../support/gate';
import { endMusters, musterAt, type Muster, type RunningMuster } from '../support/muster-process';

let stack: LocalStack;
let muster: Muster;
let gate: Gate;
let folder: string;
useCommandLine((place) => ({ stack, muster, folder } = place));
beforeAll(async () => {
  await muster.json('vm', 'create', 'solo', '--template', 'cbox', '--workers-per-instance', '4', '--wait');
}, 60_000);
beforeEach(async () => {
  gate = await makeGate();
});
afterEach(async () => {
  endMusters();
  await gate.close();
});

const bash = (script: string): string[] => ['run', '--vm', 'solo', '--', 'bash', '-c', script];
const jobState = async (id: string): Promise<string> => (await stack.client.waitForJob(id, 0)).state;
const goesOn = async (id: string): Promise<boolean> =>
  (await stack.client.waitForJob(id, 0)).endedAt === null;
const lastJob = async (): Promise<string> => (await stack.client.listJobs())[0]!.id;
const heldAtGate = (run: RunningMuster): Promise<true> =>
  eventually(`the task waits at the gate; muster said: ${run.told()}`, async () => gate.waiting() === 1);

/** Bytes of every kind, some of them no text, the same at every call. */
function noise(seed: string, blocks: number): Buffer {
  const parts: Buffer[] = [];
  for (let block = 0; block < blocks; block++)
    parts.push(createHash('sha512').update(`${seed}/${block}`).digest());
  return Buffer.concat(parts);
}

test('both streams come out as the program wrote them, byte by byte, and nothing besides', async () => {
  const [stdout, stderr] = [noise('out', 30_000), noise('err', 10_000)];
  const program = join(folder, 'noise.js');
  writeFileSync(
    program,
    `const { createHash } = require('node:crypto');
    const noise = (seed, blocks, to) => { for (let block = 0; block < blocks; block++)
      to.write(createHash('sha512').update(seed + '/' + block).digest()); };
    noise('err', 10000, process.stderr); noise('out', 30000, process.stdout);`,
  );
  const run = await muster('run', '--vm', 'solo', '--script', program, '--interpreter', 'node');
  expect(run.status).toBe(0);
  expect(run.stdout.equals(stdout)).toBe(true);
  expect(run.stderr.equals(stderr)).toBe(true);
}, 60_000);

test('output comes while the program still runs', async () => {
  const run = muster.start(bash(`echo first; echo warning >&2; ${gate.wait}; echo last`));
  await eventually('the first lines', async () => /first/.test(run.told()) && /warning/.test(run.told()));
  expect(run.told()).not.toContain('last');
  gate.open();
  const { stdout, stderr } = await run.finished;
  expect([stdout.toString(), stderr.toString()]).toEqual(['first\nlast\n', 'warning\n']);
});

test.each([
  ['a success', ['--', 'true'], 0],
  ['a code', ['--', 'bash', '-c', 'exit 7'], 7],
  ['the highest code', ['--', 'bash', '-c', 'exit 255'], 255],
  ['a signal', ['--', 'bash', '-c', 'kill -TERM $$'], 143],
  ['SIGKILL', ['--', 'bash', '-c', 'kill -KILL $$'], 137],
  ['a time-out', ['--timeout', '1s', '--', 'sleep', '1000'], 124],
  ['a time-out of the whole job', ['--job-timeout', '1s', '--', 'sleep', '1000'], 124],
  ['a program that is not there', ['--', 'no-such-program'], 127],
  ['a program that cannot be executed', ['--', '/etc/passwd'], 126],
])('the exit status tells of %s', async (_, args, status) => {
  expect((await muster('run', '--vm', 'solo', ...args)).status).toBe(status);
});

test('the exit status of an array is that of its first failed task; output comes in the order of tasks', async () => {
  const script = 'echo $MUSTER_TASK_INDEX of $MUSTER_TASK_COUNT; exit $((MUSTER_TASK_INDEX * 3))';
  const run = await muster('run', '--vm', 'solo', '--array', '4', '--', 'bash', '-c', script);
  expect(run.stdout.toString()).toBe('0 of 4\n1 of 4\n2 of 4\n3 of 4\n');
  expect(run.status).toBe(3);
  expect(run.stderr.toString()).toContain('task 2 exited with code 6');
});

test('what fails before there is a job is 125, so that it is not taken for the program', async () => {
  const { status, stderr } = await muster('run', '--vm', 'nowhere', '--', 'true');
  expect([status, stderr.toString()]).toEqual([125, expect.stringContaining('nowhere')]);
});

test('environment, working directory and a script from standard input are those of the job', async () => {
  const args = ['--env', 'GREETING=hello there', '--env', 'EMPTY=', '--working-directory', '/tmp'];
  const run = muster.start(['run', '--vm', 'solo', ...args, '--script', '-', '--interpreter', 'bash'], {
    input: 'echo "$GREETING|$EMPTY|$PWD"',
  });
  expect((await run.finished).stdout.toString()).toBe('hello there||/tmp\n');
});

test('--detach prints the id and leaves the job alone', async () => {
  const run = await muster('run', '--detach', '--vm', 'solo', '--', 'bash', '-c', `${gate.wait}; echo done`);
  expect(run.status).toBe(0);
  const id = run.stdout.toString().trim();
  gate.open();
  const logs = await muster('job', 'logs', id, '--follow');
  expect([logs.status, logs.stdout.toString()]).toEqual([0, 'done\n']);
});

describe('Ctrl-C', () => {
  test('without a terminal detaches, and says how to go on', async () => {
    const run = muster.start(bash(`${gate.wait}; echo done`));
    await heldAtGate(run);
    run.child.kill('SIGINT');
    const { status, stderr } = await run.finished;
    const id = await lastJob();
    expect(status).toBe(130);
    expect(stderr.toString()).toContain(`muster job logs ${id} --follow`);
    expect(stderr.toString()).toContain(`muster job cancel ${id}`);
    expect(await goesOn(id)).toBe(true);
    gate.open();
    expect((await muster('job', 'wait', id)).status).toBe(0);
  });

  test('cancels with --on-interrupt cancel, and the exit status says so', async () => {
    const run = muster.start(
      bash(gate.wait).toSpliced(1, 0, '--on-interrupt', 'cancel', '--kill-grace', '1s'),
    );
    await heldAtGate(run);
    run.child.kill('SIGINT');
    expect((await run.finished).status).toBe(130);
    expect(await jobState(await lastJob())).toBe('cancelled');
  });

  test('a second time detaches from a job that is still being cancelled', async () => {
    const script = `trap '' TERM; ${gate.wait}; ${gate.wait}`;
    const run = muster.start(bash(script).toSpliced(1, 0, '--on-interrupt', 'cancel', '--kill-grace', '1h'));
    await heldAtGate(run);
    run.child.kill('SIGINT');
    await eventually('it says that it cancels', async () => run.told().includes('Ctrl-C again'));
    run.child.kill('SIGINT');
    const { status, stderr } = await run.finished;
    expect([status, stderr.toString()]).toEqual([130, expect.stringContaining('it goes on')]);
    expect(await jobState(await lastJob())).toBe('cancelling');
  });

  const asked = async (): Promise<RunningMuster> => {
    const run = muster.start(bash(`echo begun; ${gate.wait}; echo done`), { onTerminal: true });
    await heldAtGate(run);
    run.child.stdin!.write('\x03');
    await eventually(`the question; ${run.told()}`, async () => run.told().includes('[c]ancel'));
    return run;
  };

  test('at a terminal asks; "c" cancels', async () => {
    const run = await asked();
    run.child.stdin!.write('c\n');
    expect((await run.finished).status).toBe(130);
    expect(await jobState(await lastJob())).toBe('cancelled');
  }, 40_000);

  test('at a terminal asks; "d" detaches', async () => {
    const run = await asked();
    run.child.stdin!.write('d\n');
    expect((await run.finished).status).toBe(130);
    expect(await goesOn(await lastJob())).toBe(true);
    gate.open();
  });

  test('at a terminal asks; Enter stays, and the output goes on', async () => {
    const run = await asked();
    run.child.stdin!.write('\n');
    gate.open();
    const { status, stdout } = await run.finished;
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/begun[^]*done/);
  });

  test('at a terminal, pressed again at the question, detaches at once', async () => {
    const run = await asked();
    run.child.stdin!.write('\x03');
    expect((await run.finished).status).toBe(130);
    expect(run.told()).toContain('it goes on');
    expect(await goesOn(await lastJob())).toBe(true);
    gate.open();
  });
});

test('SIGTERM detaches, too', async () => {
  const run = muster.start(bash(gate.wait));
  await heldAtGate(run);
  run.child.kill('SIGTERM');
  expect((await run.finished).status).toBe(143);
  expect(await goesOn(await lastJob())).toBe(true);
  gate.open();
});

test('at a terminal it shows how the job stands while it waits, and takes that away again', async () => {
  const run = muster.start(bash(gate.wait), { onTerminal: true });
  await eventually(
    `the state; ${run.told()}`,
    async () => /job-\S+: (starting|running), \d+ s/.test(run.told()),
    20_000,
  );
  gate.open();
  const { status, stdout } = await run.finished;
  expect(status).toBe(0);
  expect(stdout.toString()).toMatch(/\r\x1b\[K$/);
});

describe('through a network that loses and refuses calls', () => {
  let proxy: FlakyProxy;
  beforeEach(async () => {
    proxy = await startFlakyProxy(stack.url);
  });
  afterEach(() => proxy.close());

  test.each<[string, Fault[]]>([
    ['refused twice for want of capacity', [{ status: 503 }, { status: 503, retryAfter: '1' }]],
    ['refused as one too many', [{ status: 429, retryAfter: '1' }]],
    ['lost on its way there', ['lost']],
    ['taken, and its answer lost', ['answer-lost', 'answer-lost']],
  ])('a submission that is %s makes one job', async (_, faults) => {
    const name = `one-${faults.length}-${JSON.stringify(faults).length}`;
    proxy.fail('POST', ...faults);
    const through = musterAt({ url: proxy.url, key: stack.key });
    const run = await through('run', '--vm', 'solo', '--name', name, '--', 'echo', 'once');
    expect([run.status, run.stdout.toString()]).toEqual([0, 'once\n']);
    expect(proxy.calls.filter((call) => call === 'POST /api/jobs')).toHaveLength(faults.length + 1);
    expect(await stack.client.listJobs({ name })).toHaveLength(1);
  });

  test('output that is followed loses and doubles no byte where the connection breaks', async () => {
    const through = musterAt({ url: proxy.url, key: stack.key });
    const run = through.start(bash(`echo first; ${gate.wait}; echo second; echo third >&2`));
    await eventually('the first line', async () => run.told() === 'first\n');
    proxy.fail('GET', 'lost', { status: 503 });
    proxy.cut();
    gate.open();
    const { status, stdout, stderr } = await run.finished;
    expect([status, stdout.toString(), stderr.toString()]).toEqual([0, 'first\nsecond\n', 'third\n']);
  });

  test('a call that is refused for ever is given up after six', async () => {
    proxy.fail('GET', ...Array.from({ length: 20 }, () => ({ status: 503 as const })));
    const { status, stderr } = await musterAt({ url: proxy.url, key: stack.key })('job', 'list');
    expect([status, stderr.toString()]).toEqual([1, expect.stringContaining('503')]);
    expect(proxy.calls).toHaveLength(6);
  }, 60_000);
});
