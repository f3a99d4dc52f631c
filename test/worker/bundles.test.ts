import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bundleVariablesBlob } from '../../shared/contracts/blob-names';
import { giveBundle, keptFiles, newJobId, shell, submitAs } from './support/job-files';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

const secret = 'correct horse battery staple';
const variables = { token: secret, depth: 12, nested: { list: [1, secret] }, 'not-a-name': 'x', ready: true };
const files = { 'key.bin': Buffer.from([0, 1, 2, 255]) };

async function runWith(script: string, rest: Partial<Parameters<typeof submitAs>[2]> = {}) {
  const jobId = newJobId();
  const bundle = await giveBundle(world, jobId, { variables, files });
  await submitAs(world, jobId, { run: shell(script), bundle, ...rest });
  const agent = await world.startAgent();
  const result = await world.storage.result(jobId);
  const stdout = await world.storage.text(result, 'stdout');
  return { jobId, agent, result, stdout };
}

/** Every file on the VM that holds these words. */
function filesWith(words: string): string[] {
  return readdirSync(world.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(words));
}

describe('the bundle of a job', () => {
  it('is read by its tasks as files, which are for their user alone', async () => {
    const { stdout } = await runWith(
      `cat "$MUSTER_BUNDLE/variables.json"; echo; od -An -tx1 "$MUSTER_BUNDLE/key.bin"
       ls "$MUSTER_BUNDLE"; stat -c '%a %u' "$MUSTER_BUNDLE"/*; id -u; cp "$MUSTER_BUNDLE/key.bin" "$MUSTER_BUNDLE/new" 2>&1 | tail -c 18`,
    );
    const [json, bytes, key, names, ...rest] = stdout.split('\n');
    expect(JSON.parse(json!)).toEqual(variables);
    expect([bytes, key, names]).toEqual([' 00 01 02 ff', 'key.bin', 'variables.json']);
    const user = rest[2];
    expect(rest.slice(0, 2)).toEqual([`400 ${user}`, `400 ${user}`]);
    if (world.isRoot) expect(stdout).toContain('Permission denied');
  });

  it('is in the environment too, as far as its values and names allow; what the job says itself wins', async () => {
    const { stdout } = await runWith('env | grep ^MUSTER_VAR_ | sort', {
      environmentVariables: { MUSTER_VAR_depth: '13' },
    });
    expect(stdout.split('\n')).toEqual([
      'MUSTER_VAR_depth=13',
      'MUSTER_VAR_ready=true',
      `MUSTER_VAR_token=${secret}`,
      '',
    ]);
  });

  it('is gone from the VM soon after its last task, is no output file, and is in no log', async () => {
    const { jobId, agent } = await runWith('ls "$MUSTER_BUNDLE" > outputs/names; sleep 0.2');
    expect(await keptFiles(world, jobId)).toEqual([expect.stringMatching(/outputs\/names$/)]);
    const held = (): string[] => readdirSync(path.join(world.folder, 'work/bundles'));
    await until('nothing of it is left', () => filesWith(secret).length === 0 && held().length === 0);
    expect(agent.stderr).not.toContain(secret);
  });

  it('is fetched once by a VM for tasks that follow each other', async () => {
    let reads = 0;
    world.proxies.blob.onRequest = (head) => {
      if (head.startsWith('GET') && head.includes('/bundle/')) reads++;
    };
    const { jobId } = await runWith('echo "$MUSTER_VAR_depth"', { taskCount: 6 });
    for (let task = 0; task < 6; task++)
      expect(await world.storage.text(await world.storage.result(jobId, task), 'stdout')).toBe('12\n');
    expect(reads).toBe(2);
  });

  it('that is gone ends the task as input-missing', async () => {
    const jobId = newJobId();
    const bundle = await giveBundle(world, jobId, { variables, files });
    await world.storage.jobs.getBlobClient(bundleVariablesBlob(jobId)).delete();
    await submitAs(world, jobId, { run: shell('echo run'), bundle });
    await world.startAgent();
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({ end: 'input-missing' });
    expect(result.message).toMatch(/the job's bundle cannot be had: its variables are not there/);
  });
});

describe('output of a job that asks for it', () => {
  const script = `echo "a $MUSTER_VAR_token z"; printf 'correct horse '; sleep 0.2; printf 'battery'; sleep 0.2; echo ' staple'
    printf 'correct horse b'; echo "$MUSTER_VAR_token" >&2`;

  it('has the values of its bundle struck out, also those that come in pieces', async () => {
    const { result, stdout } = await runWith(script, { maskOutput: true });
    expect(stdout).toBe('a *** z\n***\ncorrect horse b');
    expect(await world.storage.text(result, 'stderr')).toBe('***\n');
    expect(result.stdoutBytes).toBe(stdout.length);
  });

  it('is byte for byte what was written where it does not', async () => {
    const { stdout } = await runWith(script);
    expect(stdout).toBe(`a ${secret} z\n${secret}\ncorrect horse b`);
  });
});
