import { userInfo } from 'node:os';
import path from 'node:path';
import { isDead } from './support/process-state';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';
import { useReachableNode } from '../support/reachable-node';

const node = useReachableNode();

let world: World;
eachWorld((made) => (world = made));

/** Runs one task to its end. */
async function run(script: string, rest: Parameters<World['script']>[1] = {}) {
  const jobId = await world.script(script, rest);
  await world.startAgent({ admitted: { FROM_SCALE_SET: 'yes', BOTH: 'scale set' } });
  const result = await world.storage.result(jobId);
  const [stdout, stderr] = [
    await world.storage.text(result, 'stdout'),
    await world.storage.text(result, 'stderr'),
  ];
  return { jobId, result, stdout, stderr };
}

function expectNoSecret(text: string): void {
  for (const secret of ['join-token-secret', 'agent-token-secret', 'sig=', 'AZURE_POD_IDENTITY']) {
    expect(text).not.toContain(secret);
  }
}

describe('a task', () => {
  it('is a program with arguments, whose result is committed, posted and off the queue', async () => {
    const jobId = await world.submit({
      run: { program: 'printf', arguments: ['%s-%s', 'a b', '$HOME'] },
    });
    await world.startAgent();
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({
      end: 'exited',
      exitCode: 0,
      signal: null,
      worker: 'vm1-0',
      stdoutBytes: 9,
    });
    expect(await world.storage.text(result, 'stdout')).toBe('a b-$HOME');
    await world.storage.queueIsEmpty();
    expect(world.plane.told).toEqual([result]);
    expect(await world.storage.posted()).toEqual([]);
  });

  it('is a script for its interpreter, its two streams kept apart', async () => {
    const { result, stdout, stderr } = await run('echo "to stdout"; echo "to stderr" > /dev/stderr; exit 7');
    expect(result).toMatchObject({ end: 'exited', exitCode: 7, message: 'exited with code 7' });
    expect(stdout).toBe('to stdout\n');
    expect(stderr).toBe('to stderr\n');
  });

  it('gives a script to the interpreter the job names, arguments first', async () => {
    const jobId = await world.submit({
      run: {
        script: 'console.log([1, 2].map((n) => n * 2).join())',
        interpreter: [node(), '--no-warnings'],
      },
    });
    await world.startAgent();
    expect(await world.storage.text(await world.storage.result(jobId), 'stdout')).toBe('2,4\n');
  });

  it('sees the variables of scale set and job, the job winning, and those Muster sets', async () => {
    const { jobId, stdout } = await run('env | sort; echo "$(pwd)" | sed s,.*/,pwd=,', {
      taskCount: 1,
      environmentVariables: { BOTH: 'job', MUSTER_WORKER: 'forged' },
    });
    const lines = stdout.split('\n');
    for (const line of [
      'FROM_SCALE_SET=yes',
      'BOTH=job',
      `MUSTER_JOB_ID=${jobId}`,
      'MUSTER_TASK_INDEX=0',
      'MUSTER_TASK_COUNT=1',
      'MUSTER_TASK_RETRY=0',
      'MUSTER_WORKER=vm1-0',
      'OMP_NUM_THREADS=1',
      'LANG=C.UTF-8',
      'pwd=work',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('runs as the unprivileged user, in a folder of its own that is empty afterwards', async () => {
    const { stdout } = await run(
      'id -un; echo kept > file; ls; ls -d "$HOME"/file | sed s,.*/,,; mktemp | sed s,/tmp[.].*,,; pwd',
    );
    const [user, file, outputs, home, temporary, folder] = stdout.split('\n');
    expect(user).toBe(world.isRoot ? 'nobody' : userInfo().username);
    expect([file, outputs, home]).toEqual(['file', 'outputs', 'file']);
    expect(temporary).toBe(path.join(path.dirname(folder!), 'tmp'));
    await until('the folder is empty', () => world.taskFiles().length === 0);
  });

  it('finds nothing of the task before it, whatever that left or changed', async () => {
    const leave = 'touch .hidden "$TMPDIR/file"; mkdir "$HOME/sub"; rmdir outputs; chmod 500 "$HOME"';
    const first = await world.script(leave);
    const second = await world.script('exit 0');
    await world.startAgent();
    await world.storage.result(first);
    await world.storage.result(second);
    const third = await world.script(
      'ls -A "$HOME" "$TMPDIR"; stat -c %a "$HOME"; echo > "$HOME/mine"; cat mine',
    );
    const result = await world.storage.result(third);
    const [home, temporary] = [expect.stringContaining('/work:'), expect.stringContaining('/tmp:')];
    const lines = (await world.storage.text(result, 'stdout')).trim().split('\n');
    expect(lines).toEqual([temporary, '', home, 'outputs', '700']);
    expect(result.exitCode).toBe(0);
  });

  it('finds none of the secrets in its environment', async () => {
    const { stdout } = await run('env');
    expect(stdout).toContain('MUSTER_JOB_ID');
    expectNoSecret(stdout);
  });

  it('finds none in the files of the agent either, where the agent is root and the task is not', async () => {
    const files = '/proc/$PPID/environ /proc/$PPID/mem "$(dirname "$0")/../../agent.json"';
    const { stdout, stderr } = await run(`cat /proc/$PPID/cmdline ${files} | tr '\\0' '\\n'`);
    expect(stdout).toContain('agent.cjs');
    if (!world.isRoot) return;
    expectNoSecret(stdout);
    expect(stderr.match(/Permission denied/g)).toHaveLength(3);
  });

  it('that is killed by a signal says which', async () => {
    const { result } = await run('kill -SEGV $$');
    expect(result).toMatchObject({
      end: 'signalled',
      exitCode: null,
      signal: 'SIGSEGV',
      message: 'killed by SIGSEGV',
    });
  });

  it('past its time-out gets SIGTERM, and SIGKILL if it does not obey', async () => {
    const { result, stdout, stderr } = await run(
      'trap "echo asked to end" TERM; echo begun; while :; do sleep 0.05; done',
      { taskTimeoutMs: 1000 },
    );
    expect(result).toMatchObject({ end: 'timed-out', signal: 'SIGKILL' });
    expect(stdout).toBe('begun\nasked to end\n');
    expect(stderr).toContain('muster: stopped after its time-out of 1000 ms\n');
  });

  it('leaves no process behind: neither in its group nor in a session of its own', async () => {
    const { stdout } = await run(
      'sleep 300 & echo $!; setsid sleep 300 & sleep 0.2; pgrep -n -f "sleep 300"',
    );
    const strays = stdout.trim().split('\n');
    expect(strays).toHaveLength(2);
    for (const pid of strays) await until(`${pid} is dead`, () => isDead(pid));
  });
});

describe('a process that escapes with the output pipe', () => {
  it('does not keep the task from ending', async () => {
    const { result, stdout } = await run('setsid env -i /bin/sleep 20 & echo $!; sleep 0.3');
    const pid = Number(stdout.trim());
    expect(isDead(String(pid))).toBe(false);
    process.kill(pid, 'SIGKILL');
    expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
  });
});

describe('a task that cannot be started fails with its reason, on stderr too', () => {
  const runs = [
    {
      what: 'a program not on PATH',
      specification: { run: { program: 'no-such-program', arguments: [] } },
      end: 'program-missing',
      says: /the program "no-such-program" was not found on PATH \(.*\/usr\/bin.*\)/,
    },
    {
      what: 'a program not at its path',
      specification: { run: { program: '/opt/none', arguments: [] } },
      end: 'program-missing',
      says: /the program "\/opt\/none" was not found/,
    },
    {
      what: 'a file that is not executable',
      specification: { run: { program: '/etc/passwd', arguments: [] } },
      end: 'program-not-executable',
      says: /"\/etc\/passwd" is there but the task may not execute it/,
    },
    {
      what: 'a working directory that does not exist',
      specification: { run: { program: 'true', arguments: [] }, workingDirectory: '/no/such/folder' },
      end: 'working-directory-missing',
      says: /the working directory "\/no\/such\/folder" does not exist/,
    },
    {
      what: 'a working directory the user may not enter',
      specification: { run: { program: 'true', arguments: [] }, workingDirectory: '/proc/1/map_files' },
      end: 'working-directory-missing',
      says: /"\/proc\/1\/map_files" may not be entered by the task's user/,
    },
    {
      what: 'arguments past the system limit',
      specification: { run: { program: 'true', arguments: Array<string>(40).fill('x'.repeat(131_000)) } },
      end: 'program-not-executable',
      says: /too long \(E2BIG\)/,
    },
  ] as const;
  it.each(runs)('$what', async ({ specification, end, says }) => {
    const jobId = await world.submit(specification as Parameters<World['submit']>[0]);
    await world.startAgent();
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({ end, exitCode: null });
    expect(result.message).toMatch(says);
    expect(await world.storage.text(result, 'stderr')).toBe(`muster: ${result.message}\n`);
    expect(result.stderrBytes).toBe(Buffer.byteLength(`muster: ${result.message}\n`));
    await world.storage.queueIsEmpty();
  });
});
