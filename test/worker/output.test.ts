import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';
import { useReachableNode } from '../support/reachable-node';

const node = useReachableNode();

let world: World;
eachWorld((made) => (world = made));

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Lines slow enough that storage can be cut between them, and what they add up to. */
const slowLines =
  'i=0; while [ $i -lt 40 ]; do echo "line $i"; echo "err $i" >&2; i=$((i+1)); sleep 0.02; done';
const expected = (word: string): string => Array.from({ length: 40 }, (_, i) => `${word} ${i}\n`).join('');

async function expectWhole(jobId: string): Promise<void> {
  const result = await world.storage.result(jobId);
  expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
  expect(await world.storage.text(result, 'stdout')).toBe(expected('line'));
  expect(await world.storage.text(result, 'stderr')).toBe(expected('err'));
  expect(result.stdoutBytes).toBe(expected('line').length);
  await world.storage.queueIsEmpty();
  expect([...world.plane.told, ...(await world.storage.posted())].at(0)).toEqual(result);
}

const someOutput = (jobId: string): Promise<boolean> =>
  until('there is some output', async () => (await world.storage.streamSoFar(jobId, 'stdout')).length > 0);

describe('output', () => {
  it('of 20 MiB of random bytes arrives exactly, on each stream', async () => {
    const script = `
      const { createHash, randomBytes } = require('node:crypto');
      for (const stream of [process.stdout, process.stderr]) {
        const bytes = randomBytes(20 * 1024 * 1024);
        require('node:fs').appendFileSync(process.env.SUMS, createHash('sha256').update(bytes).digest('hex') + '\\n');
        stream.write(bytes);
      }`;
    const sums = world.openFile('sums');
    const jobId = await world.submit({
      run: { script, interpreter: [node()] },
      environmentVariables: { SUMS: sums },
    });
    await world.startAgent();
    const result = await world.storage.result(jobId, 0, 25_000);
    expect(result).toMatchObject({
      end: 'exited',
      exitCode: 0,
      stdoutBytes: 20 << 20,
      stderrBytes: 20 << 20,
    });
    const arrived = [
      await world.storage.output(result, 'stdout'),
      await world.storage.output(result, 'stderr'),
    ];
    expect(arrived.map(sha256)).toEqual(readFileSync(sums, 'utf8').trim().split('\n'));
  });

  it('is readable while the task runs', async () => {
    const gate = world.openFile('gate');
    const jobId = await world.script('echo early; while [ ! -e "$GATE" ]; do sleep 0.02; done; echo late', {
      environmentVariables: { GATE: gate },
    });
    await world.startAgent();
    await someOutput(jobId);
    expect((await world.storage.streamSoFar(jobId, 'stdout')).toString()).toBe('early\n');
    expect(await world.storage.findResult(jobId)).toBeUndefined();
    writeFileSync(gate, '');
    expect(await world.storage.text(await world.storage.result(jobId), 'stdout')).toBe('early\nlate\n');
  });

  it('holds the task back while storage takes none, instead of filling memory', async () => {
    const mark = world.openFile('mark');
    const jobId = await world.script('echo begun; sleep 0.3; head -c 30000000 /dev/zero; touch "$MARK"', {
      environmentVariables: { MARK: mark },
    });
    const agent = await world.startAgent();
    await someOutput(jobId);
    world.proxies.blob.cut();
    await until(
      'the pipe is full',
      () => agent.events.filter((line) => line.operation === 'append-output').length > 3,
    );
    expect(existsSync(mark)).toBe(false);
    world.proxies.blob.mend();
    const result = await world.storage.result(jobId);
    expect(result.stdoutBytes).toBe(30_000_006);
    expect((await world.storage.output(result, 'stdout')).length).toBe(30_000_006);
    expect(existsSync(mark)).toBe(true);
  });
});

describe('with storage away for a while nothing is lost or doubled', () => {
  it('while output is under way', async () => {
    const jobId = await world.script(slowLines);
    const agent = await world.startAgent();
    await someOutput(jobId);
    world.proxies.blob.cut();
    await agent.logged('storage-retry');
    world.proxies.blob.mend();
    await expectWhole(jobId);
  });

  it('when the result is to be committed', async () => {
    const jobId = await world.script(slowLines);
    const agent = await world.startAgent();
    await someOutput(jobId);
    world.proxies.blob.loseAnswerTo(/^PUT \S+\/results\//);
    await until('the answer to the commit is lost', () => world.proxies.blob.lostAnswers === 1);
    await expectWhole(jobId);
    expect(agent.events.some((line) => line.operation === 'put-results')).toBe(true);
  });

  it('queues too: the task goes on, the completion and the deletion wait', async () => {
    const jobId = await world.script(slowLines);
    const agent = await world.startAgent();
    await someOutput(jobId);
    world.plane.takesCompletions = false;
    world.proxies.queue.cut();
    await until('the completion cannot be posted', () =>
      agent.events.some((line) => line.operation === 'post-completions'),
    );
    world.proxies.queue.mend();
    await expectWhole(jobId);
  });

  it.each([
    ['an append', 'blob', /^PUT \S+stdout\.0000\S*comp=appendblock/],
    ['the creation of an output blob', 'blob', /^PUT \S+stderr\.0000\?(?!\S*comp=appendblock)/],
    ['the deletion of the message', 'queue', /^DELETE /],
    ['the completion', 'queue', /^POST \S+completions/],
  ] as const)('%s that was done but not answered', async (_, service, request) => {
    world.plane.takesCompletions = false;
    world.proxies[service].loseAnswerTo(request);
    const jobId = await world.script(slowLines);
    await world.startAgent();
    await expectWhole(jobId);
    expect(world.proxies[service].lostAnswers).toBe(1);
  });

  it('a lease renewal that was done but not answered: the task is run to its end', async () => {
    const jobId = await world.script(slowLines);
    world.proxies.queue.loseAnswerTo(/^PUT \S+messages/);
    const agent = await world.startAgent();
    await expectWhole(jobId);
    expect(agent.events.some((line) => line.state === 'unsure')).toBe(true);
  });
});
