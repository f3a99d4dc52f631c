import { mayUse } from '../../worker/files/found-files';
import { Gate } from '../../worker/files/gate';
import { keptOfAll } from '../../worker/files/keep-outputs';
import { MaskingSink, secretsOf } from '../../worker/files/masking-sink';
import { withOutputs } from '../../worker/task/result';

describe('whether a task may itself read what root has opened', () => {
  const identity = { uid: 1000, gid: 1000 };
  test.each([
    ['its own', { uid: 1000, gid: 1, mode: 0o000 }, true],
    ['of its group', { uid: 0, gid: 1000, mode: 0o640 }, true],
    ['closed to its group', { uid: 0, gid: 1000, mode: 0o604 }, false],
    ['open to all', { uid: 0, gid: 0, mode: 0o644 }, true],
    ['of root alone', { uid: 0, gid: 0, mode: 0o640 }, false],
  ])('%s', (_what, stats, may) => expect(mayUse(stats, 0o4, identity)).toBe(may));

  test('a folder has to be entered too', () => {
    expect(mayUse({ uid: 0, gid: 0, mode: 0o744 }, 0o5, identity)).toBe(false);
    expect(mayUse({ uid: 0, gid: 0, mode: 0o755 }, 0o5, identity)).toBe(true);
  });

  test('an agent that is no other user is held back by the system', () => {
    expect(mayUse({ uid: 0, gid: 0, mode: 0o600 }, 0o4, undefined)).toBe(true);
  });
});

describe('striking out', () => {
  const masked = async (secrets: string[], chunks: string[]): Promise<string> => {
    let written = '';
    const sink = { write: async (chunk: Buffer) => void (written += chunk.toString()) };
    const masking = new MaskingSink(sink, secretsOf(secrets));
    for (const chunk of chunks) await masking.write(Buffer.from(chunk));
    await masking.end();
    return written;
  };

  test.each([
    [['secret'], ['a secret b'], 'a *** b'],
    [['secret'], ['a sec', 'ret b'], 'a *** b'],
    [['secret'], [...'xsecretsecret'], 'x******'],
    [['secret'], ['a sec', 'tion'], 'a section'],
    [['secret'], ['ends in sec'], 'ends in sec'],
    [['secret', 'secretive'], ['secretive'], '***'],
    [['aaaa'], ['aaaaaaa'], '***aaa'],
    [['abcabd'], ['abcabcabd'], 'abc***'],
    [['abc'], ['abc'], 'abc'],
    [['first line\nsecond line'], ['x second line'], 'x ***'],
    [['größe-1'], ['die größe-1!'], 'die ***!'],
    [[], ['as it is'], 'as it is'],
  ])('%j out of %j leaves %j', async (secrets, chunks, left) => {
    expect(await masked(secrets, chunks)).toBe(left);
  });

  test('what cannot become a secret is not held back', async () => {
    const seen: string[] = [];
    const sink = { write: async (chunk: Buffer) => void seen.push(chunk.toString()) };
    const masking = new MaskingSink(sink, secretsOf('secret'));
    await masking.write(Buffer.from('progress 1 s'));
    await masking.write(Buffer.from('ome'));
    expect(seen).toEqual(['progress 1 ', 'some']);
  });

  test('secrets are the strings and numbers of the variables, wherever they are nested, longest first', () => {
    const variables = { a: { b: ['abcd', 12345, 12, 'abc'], c: null }, d: 'abcdef\nghij' };
    expect(secretsOf(variables).map(String)).toEqual(['abcdef', '12345', 'abcd', 'ghij']);
  });
});

describe('how a task ended, with its files', () => {
  const done = { end: 'exited' as const, exitCode: 0, signal: null, message: 'exited with code 0' };
  const failed = { ...done, exitCode: 1, message: 'exited with code 1' };
  const kept = { files: 1, bytes: 1, notes: [], noted: 0, exceeded: undefined };

  test.each([
    ['without files', done, undefined, done],
    ['with all of them', done, kept, done],
    [
      'without some that are none',
      done,
      { ...kept, notes: ['"a" is a link'], noted: 3 },
      { ...done, message: 'exited with code 0; not kept of outputs: "a" is a link; and 2 more' },
    ],
    [
      'with too many',
      done,
      { ...kept, exceeded: 'there are more than 3' },
      {
        ...done,
        end: 'outputs-exceeded',
        message: 'exited with code 0; its output files were kept in part only: there are more than 3',
      },
    ],
    [
      'with too many, and failed before',
      failed,
      { ...kept, exceeded: 'there are more than 3' },
      {
        ...failed,
        message: 'exited with code 1; its output files were kept in part only: there are more than 3',
      },
    ],
  ])('%s', (_what, ending, of, told) => expect(withOutputs(ending, of)).toEqual(told));
});

test('of a task of several VMs, what was kept on each is told with its place, and one that passed a limit counts', () => {
  const one = { files: 2, bytes: 10, notes: ['"a" is a link'], noted: 1 };
  expect(keptOfAll(undefined, new Map())).toBeUndefined();
  expect(keptOfAll(one, new Map())).toBe(one);
  expect(keptOfAll(undefined, new Map([[2, one]]))).toEqual({ ...one, notes: ['node-2: "a" is a link'] });
  const full = { files: 3, bytes: 30, notes: [], noted: 0, exceeded: 'there are more than 3' };
  expect(
    keptOfAll(
      one,
      new Map([
        [1, one],
        [2, full],
      ]),
    ),
  ).toEqual({
    files: 7,
    bytes: 50,
    notes: ['"a" is a link', 'node-1: "a" is a link'],
    noted: 2,
    exceeded: 'of node-2, there are more than 3',
  });
});

test('a gate lets so many through at the same time, in their order, also after one that fails', async () => {
  const gate = new Gate(2);
  const log: string[] = [];
  const releases: (() => void)[] = [];
  const act = (name: string, fails = false) =>
    gate.pass(async () => {
      log.push(name);
      await new Promise<void>((resolve) => releases.push(resolve));
      if (fails) throw new Error(name);
    });
  const all = [act('a', true), act('b'), act('c'), act('d')];
  const first = expect(all[0]).rejects.toThrow('a');
  await Promise.resolve();
  expect(log).toEqual(['a', 'b']);
  releases[0]!();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual(['a', 'b', 'c']);
  releases[1]!();
  await all[1];
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual(['a', 'b', 'c', 'd']);
  for (const release of releases) release();
  await Promise.all(all.slice(1));
});
