import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '../../cli/commands';
import { titleOf } from '../../cli/command';
import { startMuster, type Finished, type Surroundings } from '../support/muster-process';

/** A control plane that takes the key `right`, and tells which key and path each call had. */
let server: Server;
let url: string;
let calls: { key: string | undefined; authorization: string | undefined; path: string | undefined }[] = [];
let home: string;

beforeAll(async () => {
  server = createServer(({ headers, url: path }, answer) => {
    const key = headers['x-functions-key'] as string | undefined;
    calls.push({ key, authorization: headers.authorization, path });
    const isTaken = key === 'right' || headers.authorization === 'Bearer of-a-job';
    answer.writeHead(isTaken ? 200 : 401, { 'content-type': 'application/json' });
    answer.end(isTaken ? JSON.stringify({ value: [], status: 'healthy', version: '1' }) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  calls = [];
  home = mkdtempSync(join(tmpdir(), 'muster-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const run = (args: string[], surroundings: Surroundings = {}): Promise<Finished> =>
  startMuster(args, { ...surroundings, environment: { HOME: home, ...surroundings.environment } }).finished;
const told = ({ stderr }: Finished): string => stderr.toString();

describe('help', () => {
  test.each(commands.map(titleOf))('of %s names all of its options', async (title) => {
    const command = commands.find((one) => titleOf(one) === title)!;
    const { status, stdout, stderr } = await run([...title.split(' ').slice(1), '--help']);
    expect([status, stderr.toString()]).toEqual([0, '']);
    expect(stdout.toString()).toContain(`Usage: ${title}`);
    for (const name of Object.keys(command.options))
      expect(stdout.toString()).toContain(
        `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      );
  });

  test('of a noun names its commands; without a command there is help of all', async () => {
    const noun = (await run(['job'])).stdout.toString();
    for (const verb of ['submit', 'list', 'show', 'wait', 'tasks', 'logs', 'cancel'])
      expect(noun).toContain(`muster job ${verb}`);
    const all = (await run([])).stdout.toString();
    for (const title of ['muster run', 'muster job', 'muster scale-set', 'muster vm', 'muster quota'])
      expect(all).toContain(title);
  });

  test('behind -- is the program’s own', async () => {
    const { status } = await run(['run', '--vm', 'solo', '--', 'ls', '--help'], {
      environment: { MUSTER_URL: 'http://127.0.0.1:9', MUSTER_KEY: 'right' },
    });
    expect(status).toBe(125);
  });
});

describe('a command line that cannot be meant', () => {
  test.each([
    [
      'names every problem',
      ['job', 'list', '--colour', '--state', 'runnin', '--limit'],
      ['--colour is no option', '--state must be one of', '--limit needs a value'],
    ],
    ['offers the option that was perhaps meant', ['run', '--scaleset', 'cbox'], ['do you mean --scale-set?']],
    ['offers the command that was perhaps meant', ['job', 'lsit'], ["do you mean 'muster job list'?"]],
    ['tells that a word is missing', ['scale-set', 'grow', 'cbox'], ['N is needed']],
    ['tells that a word is too much', ['job', 'show', 'a', 'b'], ["'b' is too much here"]],
    ['tells of an option taken for a value', ['job', 'list', '--name', '--limit', '1'], ['--name=--limit']],
    [
      'tells of an option given twice',
      ['job', 'list', '--limit', '1', '--limit', '2'],
      ['--limit is given twice'],
    ],
    [
      'tells of a value that a flag cannot have',
      ['vm', 'delete', 'a', '--wait=yes'],
      ['--wait takes no value'],
    ],
    ['tells of no target and nothing to run', ['run'], ['no target', 'nothing to run']],
    [
      'tells of two targets',
      ['run', '--vm', 'a', '--scale-set', 'b', '--', 'c'],
      ['--scale-set and --vm exclude each other'],
    ],
    [
      'tells of a file that is not there',
      ['template', 'put', 'scale-set', 'a', '--file', '/nowhere'],
      ['/nowhere cannot be read'],
    ],
  ])('%s', async (_, args, parts) => {
    const finished = await run(args, { environment: { MUSTER_URL: url, MUSTER_KEY: 'right' } });
    expect([finished.status, finished.stdout.toString()]).toEqual([2, '']);
    for (const part of parts) expect(told(finished)).toContain(part);
    expect(told(finished)).toContain('--help');
    expect(calls).toEqual([]);
  });
});

describe('a control plane', () => {
  test('that nobody named is a misuse that says what to set', async () => {
    const finished = await run(['job', 'list']);
    expect(finished.status).toBe(2);
    expect(told(finished)).toMatch(/MUSTER_URL[^]*MUSTER_KEY[^]*muster login/);
  });

  test('that is not there is tried a few times, and then told', async () => {
    const finished = await run(['job', 'list', '--url', 'http://127.0.0.1:9', '--key', 'right']);
    expect([finished.status, finished.stdout.toString()]).toEqual([5, '']);
    expect(told(finished)).toContain('cannot be reached');
  });

  test('that does not take the key is told at once', async () => {
    const finished = await run(['job', 'list', '--url', url, '--key', 'wrong']);
    expect(finished.status).toBe(6);
    expect(told(finished)).toContain('The key is missing or wrong');
    expect(calls).toHaveLength(1);
  });
});

describe('muster login', () => {
  const file = (): string => join(home, '.config', 'muster', 'config.json');

  test('keeps what the control plane takes, for its owner’s eyes alone; commands then need no more', async () => {
    expect((await run(['login', '--url', url], { input: 'right\n' })).status).toBe(0);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ url, key: 'right' });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect((await run(['job', 'list'])).status).toBe(0);
    expect(calls.map(({ key }) => key)).toEqual(['right', 'right']);
  });

  test('keeps nothing that the control plane does not take', async () => {
    expect((await run(['login', '--url', url, '--key', 'wrong'])).status).toBe(6);
    expect(() => statSync(file())).toThrow('ENOENT');
  });

  test('gives way to the environment, and that to options', async () => {
    await run(['login', '--url', url, '--key', 'right']);
    const environment = { MUSTER_URL: url, MUSTER_KEY: 'of-environment' };
    await run(['job', 'list'], { environment });
    await run(['job', 'list', '--key', 'of-option'], { environment });
    expect(calls.map(({ key }) => key)).toEqual(['right', 'of-environment', 'of-option']);
  });

  test('never sends the kept key to another URL', async () => {
    await run(['login', '--url', url, '--key', 'right']);
    const other = url.replace('127.0.0.1', 'localhost');
    const finished = await run(['job', 'list', '--url', other]);
    expect(finished.status).toBe(2);
    expect(calls).toHaveLength(1);
  });

  test('a file that others can read is not used', async () => {
    await run(['login', '--url', url, '--key', 'right']);
    chmodSync(file(), 0o644);
    const finished = await run(['job', 'list']);
    expect(finished.status).toBe(2);
    expect(told(finished)).toContain(`chmod 600 ${file()}`);
    expect(told(finished)).not.toContain('right');
  });
});

test('a list with nothing in it is an empty document, and a sentence for people', async () => {
  const environment = { MUSTER_URL: url, MUSTER_KEY: 'right' };
  const json = await run(['job', 'list', '--output', 'json'], { environment });
  expect([json.status, JSON.parse(json.stdout.toString())]).toEqual([0, []]);
  const table = await run(['job', 'list'], { environment });
  expect([table.status, table.stdout.toString(), told(table)]).toEqual([0, '', 'There are none.\n']);
});
