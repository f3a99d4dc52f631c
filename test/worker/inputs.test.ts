import { createGzip } from 'node:zlib';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Header } from 'tar';
import { inputBlob } from '../../shared/contracts/blob-names';
import { packFolder } from '../support/packed-folder';
import { giveInputs, hashOf, newJobId, shell, submitAs } from './support/job-files';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

const text = (value: string): Buffer => Buffer.from(value);

interface Entry {
  path: string;
  type?: 'File' | 'SymbolicLink' | 'Link' | 'FIFO';
  linkpath?: string;
  body?: string;
}

/** An archive of exactly these entries, also such as no packer writes. */
async function archiveOf(entries: Entry[]): Promise<Buffer> {
  const blocks = entries.flatMap(({ path: name, type = 'File', linkpath, body = '' }) => {
    const header = Buffer.alloc(512);
    new Header({ path: name, type, linkpath, size: body.length, mode: 0o644 }).encode(header);
    const content = Buffer.alloc(Math.ceil(body.length / 512) * 512);
    content.write(body);
    return [header, content];
  });
  const gzip = createGzip();
  gzip.end(Buffer.concat([...blocks, Buffer.alloc(1024)]));
  const parts: Buffer[] = [];
  for await (const part of gzip) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function runWith(inputs: Parameters<typeof giveInputs>[2], script: string) {
  const jobId = newJobId();
  await submitAs(world, jobId, { run: shell(script), inputs: await giveInputs(world, jobId, inputs) });
  await world.startAgent();
  const result = await world.storage.result(jobId);
  return { jobId, result, stdout: await world.storage.text(result, 'stdout') };
}

describe('inputs', () => {
  it('lie below the working folder as files of the task, with the modes that are asked for', async () => {
    const { result, stdout } = await runWith(
      [
        { kind: 'file', path: 'data/one.txt', body: text('first') },
        { kind: 'file', path: 'run', body: text('#!/bin/sh\necho run\n'), executable: true },
      ],
      'cat data/one.txt; ./run; stat -c "%a %U" run data data/one.txt | sort -u; echo more >> data/one.txt; ls',
    );
    const user = world.isRoot ? 'nobody' : '.*';
    expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
    expect(stdout).toMatch(new RegExp(`^firstrun\n644 ${user}\n755 ${user}\ndata\noutputs\nrun\n$`));
  });

  it.each([undefined, 'sub'])(
    'that are a folder come unpacked, and a program of it runs (in %s)',
    async (sub) => {
      const { body } = await packFolder({
        'run.sh': '#!/bin/sh\ncat "$(dirname "$0")/part/x"; pwd',
        'part/x': 'of the folder\n',
      });
      const jobId = newJobId();
      const inputs = await giveInputs(world, jobId, [{ kind: 'folder', body, ...(sub && { path: sub }) }]);
      const run = { program: './run.sh', arguments: [] };
      await submitAs(world, jobId, { run, inputs, workingDirectory: sub });
      await world.startAgent();
      const result = await world.storage.result(jobId);
      expect(result).toMatchObject({ end: 'exited', exitCode: 0 });
      expect(await world.storage.text(result, 'stdout')).toMatch(
        sub ? /^of the folder\n.*\/work\/sub\n$/ : /^of the folder\n.*\/work\n$/,
      );
    },
  );

  it('are fetched once by a VM for all its tasks; what one task changes no other sees', async () => {
    const jobId = newJobId();
    const body = Buffer.alloc(5_000_000, 'input ');
    const inputs = await giveInputs(world, jobId, [{ kind: 'file', path: 'file', body }]);
    const taskCount = 12;
    await submitAs(world, jobId, { run: shell('sha256sum < file; echo changed > file'), inputs, taskCount });
    let reads = 0;
    world.proxies.blob.onRequest = (head) => {
      if (head.startsWith('GET') && head.includes(inputs[0]!.sha256)) reads++;
    };
    await world.startAgent({ workers: ['vm1-0', 'vm1-1', 'vm1-2'] });
    for (let task = 0; task < taskCount; task++) {
      const result = await world.storage.result(jobId, task);
      expect(await world.storage.text(result, 'stdout')).toContain(hashOf(body));
    }
    // In two parts.
    expect(reads).toBe(2);
    const cache = path.join(world.folder, 'work/contents');
    expect(readdirSync(cache)).toEqual([inputs[0]!.sha256]);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  it('leave the VM when there are too many of them, the longest unused first', async () => {
    const bodies = ['a', 'b', 'c'].map((letter) => Buffer.alloc(1000, letter));
    await world.startAgent({
      settings: { files: { maxOutputFiles: 1, maxOutputBytes: 1, cacheBytes: 2500 } },
    });
    for (const body of bodies) {
      const jobId = newJobId();
      const inputs = await giveInputs(world, jobId, [{ kind: 'file', path: 'file', body }]);
      await submitAs(world, jobId, { run: shell('cat file'), inputs });
      expect(await world.storage.text(await world.storage.result(jobId), 'stdout')).toBe(body.toString());
    }
    const kept = readdirSync(path.join(world.folder, 'work/contents'));
    expect(kept.sort()).toEqual(bodies.slice(1).map(hashOf).sort());
  });
});

describe('a task ends as input-missing, saying which and why,', () => {
  const expectMissing = async (jobId: string, says: RegExp): Promise<void> => {
    const result = await world.storage.result(jobId);
    expect(result).toMatchObject({ end: 'input-missing', exitCode: null });
    expect(result.message).toMatch(says);
    expect(await world.storage.text(result, 'stderr')).toBe(`muster: ${result.message}\n`);
    await world.storage.queueIsEmpty();
  };

  it('where a content is gone', async () => {
    const jobId = newJobId();
    const inputs = await giveInputs(world, jobId, [{ kind: 'file', path: 'gone', body: text('x') }]);
    await world.storage.jobs.getBlobClient(inputBlob(jobId, inputs[0]!.sha256)).delete();
    await submitAs(world, jobId, { run: shell('echo run'), inputs });
    await world.startAgent();
    await expectMissing(jobId, /the input file "gone" \([0-9a-f]{12}\.\.\.\) cannot be had: it is not there/);
  });

  it('where it is not what its hash says', async () => {
    const jobId = newJobId();
    const [input] = await giveInputs(world, jobId, [{ kind: 'file', path: 'file', body: text('right') }]);
    await world.storage.jobs.getBlockBlobClient(inputBlob(jobId, input!.sha256)).upload('wrong', 5);
    await submitAs(world, jobId, { run: shell('echo run'), inputs: [input!] });
    await world.startAgent();
    await expectMissing(jobId, new RegExp(`it has the hash ${hashOf(text('wrong'))}, not ${input!.sha256}`));
  });

  const archives: [string, Entry[], RegExp][] = [
    ['climbs out', [{ path: '../evil', body: 'x' }], /its entry "\.\.\/evil" leads out of the folder/],
    ['names a file by its absolute path', [{ path: '/tmp/evil' }], /leads out of the folder/],
    [
      'writes through a link',
      [
        { path: 'link', type: 'SymbolicLink', linkpath: '/tmp' },
        { path: 'link/evil', body: 'x' },
      ],
      /"link" is a link that leads out of the folder/,
    ],
    [
      'writes through links upon links',
      [
        { path: 'a/b/up', type: 'SymbolicLink', linkpath: '../..' },
        { path: 'out', type: 'SymbolicLink', linkpath: 'a/b/up/..' },
        { path: 'out/evil', body: 'x' },
      ],
      /"out" is a link with "\.\." behind a name/,
    ],
    [
      'links to a file that is not its own',
      [{ path: 'shadow', type: 'Link', linkpath: '/etc/shadow' }],
      /"shadow" is a link that leads out of the folder/,
    ],
    ['holds a pipe', [{ path: 'pipe', type: 'FIFO' }], /"pipe" is a FIFO/],
  ];
  it.each(archives)('where a folder %s', async (_what, entries, says) => {
    const jobId = newJobId();
    const inputs = await giveInputs(world, jobId, [{ kind: 'folder', body: await archiveOf(entries) }]);
    await submitAs(world, jobId, { run: shell('echo run'), inputs });
    const agent = await world.startAgent();
    await expectMissing(jobId, says);
    expect(agent.isRunning).toBe(true);
    const left = readdirSync(world.folder, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('evil'))).toEqual([]);
  });

  it('where it is no folder at all', async () => {
    const jobId = newJobId();
    const inputs = await giveInputs(world, jobId, [
      { kind: 'folder', body: Buffer.alloc(2000, 'no archive') },
    ]);
    await submitAs(world, jobId, { run: shell('echo run'), inputs });
    await world.startAgent();
    await expectMissing(jobId, /it is no folder packed by tar/);
    const next = await world.script('echo next');
    expect(await world.storage.text(await world.storage.result(next), 'stdout')).toBe('next\n');
  });

  it('where two want the same place', async () => {
    const jobId = newJobId();
    const { body } = await packFolder({ place: 'file' });
    const inputs = await giveInputs(world, jobId, [
      { kind: 'folder', body },
      { kind: 'file', path: 'place/in', body: text('x') },
    ]);
    await submitAs(world, jobId, { run: shell('echo run'), inputs });
    await world.startAgent();
    await expectMissing(jobId, /"place" of its path is no folder/);
  });
});

it('an input comes whole although storage goes away while it comes', async () => {
  const jobId = newJobId();
  const body = Buffer.alloc(20_000_000, 'long ');
  const inputs = await giveInputs(world, jobId, [{ kind: 'file', path: 'file', body }]);
  await submitAs(world, jobId, { run: shell('sha256sum < file'), inputs });
  world.proxies.blob.onRequest = (head) => {
    if (!head.includes(inputs[0]!.sha256)) return;
    world.proxies.blob.onRequest = undefined;
    world.proxies.blob.cut();
  };
  const agent = await world.startAgent();
  await agent.logged('storage-retry');
  world.proxies.blob.mend();
  const result = await world.storage.result(jobId, 0, 30_000);
  expect(await world.storage.text(result, 'stdout')).toContain(hashOf(body));
});

it('a job that is cancelled while its inputs come does not begin', async () => {
  const jobId = newJobId();
  const inputs = await giveInputs(world, jobId, [{ kind: 'file', path: 'file', body: text('x') }]);
  await submitAs(world, jobId, { run: shell('echo begun'), inputs });
  const reading = new RegExp(`^GET [^ ]*${inputs[0]!.sha256}`);
  world.proxies.blob.loseAnswerTo(reading);
  world.proxies.blob.onRequest = (head) => {
    if (reading.test(head)) world.proxies.blob.loseAnswerTo(reading);
  };
  const agent = await world.startAgent();
  await agent.logged('storage-retry');
  await world.storage.jobs.getBlockBlobClient(`jobs/${jobId}/cancelled.json`).upload('{"graceMs":null}', 16);
  const result = await until('it has ended', () => world.storage.findResult(jobId));
  expect(result).toMatchObject({ end: 'cancelled', message: 'its job was cancelled before it had begun' });
});
