import { execFileSync } from 'node:child_process';
import { linkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keptFiles, outputFiles } from './support/job-files';
import { isDead } from './support/process-state';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

type Options = NonNullable<Parameters<World['startAgent']>[0]>;

async function run(script: string, options: Options = {}, rest: Parameters<World['script']>[1] = {}) {
  const jobId = await world.script(script, rest);
  const agent = await world.startAgent(options);
  const result = await world.storage.result(jobId, 0, 30_000);
  const files = await outputFiles(world, result);
  const stdout = await world.storage.text(result, 'stdout');
  return { jobId, agent, result, stdout, files, names: Object.keys(files).sort() };
}

describe('files that a task leaves in its outputs folder', () => {
  it('are kept, whatever their names and sizes, by the time that its result is told', async () => {
    const { result, files, names } = await run(
      `echo "$MUSTER_OUTPUTS" | sed s,.*/work/,,; mkdir -p outputs/deep/er
       printf one > "$MUSTER_OUTPUTS/one.txt"; printf two > outputs/deep/er/two; : > outputs/empty
       printf x > 'outputs/100% größer?#.csv'; printf y > 'outputs/back\\slash.'
       head -c 9000001 /dev/zero | tr '\\0' z > outputs/large`,
    );
    expect(result).toMatchObject({ end: 'exited', exitCode: 0, message: 'exited with code 0' });
    expect(await world.storage.text(result, 'stdout')).toBe('outputs\n');
    expect(names).toEqual(
      ['one.txt', 'deep/er/two', 'empty', '100% größer?#.csv', 'back\\slash.', 'large'].sort(),
    );
    expect(files['deep/er/two']!.toString()).toBe('two');
    expect(files.large!.equals(Buffer.alloc(9_000_001, 'z'))).toBe(true);
  });

  it.each([
    ['fails', 'echo kept > outputs/file; exit 3', {}, { end: 'exited', exitCode: 3 }],
    [
      'runs out of its time',
      'echo kept > outputs/file; sleep 60',
      { taskTimeoutMs: 1000 },
      { end: 'timed-out' },
    ],
    ['is killed', 'echo kept > outputs/file; kill -9 $$', {}, { end: 'signalled', signal: 'SIGKILL' }],
  ])('are kept of one that %s', async (_what, script, rest, end) => {
    const { result, names } = await run(script, {}, rest);
    expect(result).toMatchObject(end);
    expect(names).toEqual(['file']);
  });

  it('are kept of one that is cancelled, those too that it writes on SIGTERM', async () => {
    const jobId = await world.script(
      'trap "echo late > outputs/late; exit 1" TERM; echo > outputs/early; echo begun; while :; do sleep 0.05; done',
    );
    await world.startAgent({ settings: { killGraceMs: 5000 } });
    await until('it runs', async () => (await world.storage.streamSoFar(jobId, 'stdout')).length > 0);
    await world.storage.jobs
      .getBlockBlobClient(`jobs/${jobId}/cancelled.json`)
      .upload('{"graceMs":null}', 16);
    const result = await world.storage.result(jobId);
    expect(result.end).toBe('cancelled');
    expect(Object.keys(await outputFiles(world, result)).sort()).toEqual(['early', 'late']);
  });

  it('are kept of an attempt that an eviction ends, before its VM goes', async () => {
    const jobId = await world.script('echo partial > outputs/state; echo begun; sleep 60');
    world.plane.priority = 'Spot';
    const agent = await world.startAgent();
    await until('it runs', async () => (await world.storage.streamSoFar(jobId, 'stdout')).length > 0);
    const notBefore = new Date(Date.now() + 8000).toUTCString();
    const event = { EventId: 'e1', EventType: 'Preempt', ResourceType: 'VirtualMachine', Resources: ['vm1'] };
    world.plane.scheduledEvents = {
      status: 200,
      body: {
        DocumentIncarnation: 2,
        Events: [{ ...event, EventStatus: 'Scheduled', NotBefore: notBefore }],
      },
    };
    await agent.ended;
    expect(await world.storage.findResult(jobId)).toBeUndefined();
    expect(await keptFiles(world, jobId)).toEqual([expect.stringMatching(/\/outputs\/state$/)]);
  });

  it('cost a task that writes none no call to storage', async () => {
    const { jobId } = await run('ls -d outputs');
    expect(await keptFiles(world, jobId)).toEqual([]);
  });

  it('begin anew with the next task', async () => {
    const first = await world.script('echo > outputs/mine');
    const second = await world.script('ls -A outputs; stat -c %a outputs; rm -rf outputs');
    const third = await world.script('ls -A outputs; stat -c %a outputs');
    await world.startAgent();
    await world.storage.result(first);
    for (const jobId of [second, third])
      expect(await world.storage.text(await world.storage.result(jobId), 'stdout')).toBe('700\n');
  });
});

describe('what is no file of the task is not kept, and told of', () => {
  it('links, pipes and what lies behind them', async () => {
    const outside = world.openFile('outside');
    writeFileSync(outside, 'not for storage');
    const { result, names } = await run(
      `ln -s ${outside} outputs/link; ln -s /etc outputs/etc; mkfifo outputs/pipe; echo kept > outputs/file`,
    );
    expect(names).toEqual(['file']);
    expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
    for (const what of ['"link" is a link', '"etc" is a link', '"pipe" is neither a file nor a folder'])
      expect(result.message).toContain(what);
  });

  it('an outputs folder that has become a link', async () => {
    const { result, names } = await run('rmdir outputs; ln -s /etc outputs');
    expect(names).toEqual([]);
    expect(result.message).toMatch(/"outputs" is (a link|no folder)/);
  });

  it('files of others that the task could not read itself', async () => {
    if (!world.isRoot) return expect(process.getuid?.()).not.toBe(0);
    const secret = path.join(world.folder, 'secret');
    writeFileSync(secret, 'of root', { mode: 0o600 });
    const jobId = await world.script(
      'pwd > "$WHERE"; while [ ! -e outputs/secret ]; do sleep 0.02; done; echo mine > outputs/mine',
      { environmentVariables: { WHERE: world.openFile('where') } },
    );
    await world.startAgent();
    const where = await until('the task runs', () => {
      try {
        return execFileSync('cat', [world.openFile('where')], { stdio: 'pipe' })
          .toString()
          .trim();
      } catch {
        return undefined;
      }
    });
    linkSync(secret, path.join(where, 'outputs/secret'));
    const result = await world.storage.result(jobId);
    expect(Object.keys(await outputFiles(world, result))).toEqual(['mine']);
    expect(result.message).toContain('"secret" may not be read by the task');
  });

  it('what a process that has escaped swaps for a link while it is read', async () => {
    const outside = path.join(world.folder, 'outside');
    execFileSync('mkdir', [outside]);
    writeFileSync(path.join(outside, 'secret'), 'of somebody else');
    const swaps = `while :; do mv d e && ln -s ${outside} d && rm d && mv e d || exit; done`;
    const { jobId, result, stdout } = await run(
      `mkdir outputs/d; i=0; while [ $i -lt 300 ]; do echo own > outputs/d/$i; i=$((i + 1)); done
       cd outputs; setsid env -i timeout 20 sh -c '${swaps}' >/dev/null 2>&1 & sleep 0.2; echo $!`,
    );
    const pid = stdout.trim();
    if (!isDead(pid)) process.kill(Number(pid), 'SIGTERM');
    await until('it has ended', () => isDead(pid));
    expect((await keptFiles(world, jobId)).filter((name) => name.endsWith('/secret'))).toEqual([]);
    expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
  });

  it('a name that is not UTF-8', async () => {
    const { result, names } = await run('printf x > "$(printf \'outputs/b\\377d\')"; echo > outputs/good');
    expect(names).toEqual(['good']);
    expect(result.message).toContain('has a name that is not UTF-8');
  });
});

describe('limits', () => {
  const files = { maxOutputFiles: 3, maxOutputBytes: 1000, cacheBytes: 0 };

  it('of how many files there may be: a task that leaves more has failed, and says why', async () => {
    const { result, names } = await run('touch outputs/1 outputs/2 outputs/3 outputs/4', {
      settings: { files },
    });
    expect(result).toMatchObject({ end: 'outputs-exceeded', exitCode: 0 });
    expect(result.message).toBe(
      'exited with code 0; its output files were kept in part only: there are more than 3',
    );
    expect(names).toHaveLength(3);
    expect(await world.storage.text(result, 'stderr')).toBe(`muster: ${result.message}\n`);
  });

  it('of how many bytes they may have', async () => {
    const { result, names } = await run('head -c 1001 /dev/zero > outputs/large; exit 2', {
      settings: { files },
    });
    expect(result).toMatchObject({ end: 'exited', exitCode: 2 });
    expect(result.message).toContain('they have more than 1000 bytes');
    expect(names).toEqual([]);
  });
});

it('a result waits for its files while storage is away', async () => {
  const jobId = await world.script('echo kept > outputs/file; echo done');
  world.proxies.blob.cut();
  const agent = await world.startAgent();
  await agent.logged('storage-retry');
  expect(await world.storage.findResult(jobId)).toBeUndefined();
  world.proxies.blob.mend();
  const result = await world.storage.result(jobId, 0, 30_000);
  expect(Object.keys(await outputFiles(world, result))).toEqual(['file']);
});

it('an agent that dies with the files kept and the result not leaves the task to the next one, whose files count', async () => {
  const jobId = await world.script('echo "$MUSTER_ATTEMPT_ID" > outputs/attempt');
  const settings = { taskLeaseMs: 1000 };
  const environment = { MUSTER_AGENT_CRASH_AT: 'outputs-kept' };
  const killed = await world.startAgent({ settings, environment });
  expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(await world.storage.findResult(jobId)).toBeUndefined();
  await world.startAgent({ settings });
  const result = await world.storage.result(jobId);
  const files = await outputFiles(world, result);
  expect(files.attempt!.toString()).toBe(`${result.attemptId}\n`);
  expect(await keptFiles(world, jobId)).toHaveLength(2);
});
