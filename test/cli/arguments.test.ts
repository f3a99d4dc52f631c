import { flag, optional, required, type Arguments } from '../../cli/arguments/options';
import { parseCommandLine } from '../../cli/arguments/parse';
import { choices, decimal, duration, pairs, text, texts, wholeNumber } from '../../cli/arguments/values';
import { exitCodeOfJob } from '../../cli/run/exit-code';
import { table } from '../../cli/output/table';
import type { JobView, TaskView } from '../../shared/contracts';

const options: Arguments = {
  name: optional(text('NAME'), ''),
  count: optional(wholeNumber('N', { min: 1, max: 9 }), ''),
  limit: optional(duration, ''),
  env: optional(pairs, ''),
  state: optional(choices(['on', 'off']), ''),
  share: optional(decimal('X'), ''),
  force: flag('', { short: 'f' }),
};
const positionals: Arguments = { first: required(text('FIRST'), ''), rest: optional(texts('[REST...]'), '') };
const parse = (...args: string[]) => parseCommandLine(args, { options, positionals });

test.each([
  [['a', '--name', 'x', '--name-'], { problems: ['--name- is no option here: do you mean --name?'] }],
  [['a', '--count', '10'], { problems: ["--count must be a whole number from 1 to 9, not '10'"] }],
  [['a', '--count', '-1'], { problems: [expect.stringContaining('write --count=-1')] }],
  [['a', '--count=-1'], { problems: [expect.stringContaining('must be a whole number')] }],
  [['a', '--limit', '5x'], { problems: [expect.stringContaining('such as 90s')] }],
  [['a', '--env', 'novalue'], { problems: ["--env must be NAME=VALUE, not 'novalue'"] }],
  [['a', '--name='], { problems: ['--name must not be empty'] }],
  [[], { problems: ['FIRST is needed'] }],
])('%j is refused with what is wrong', (args, expected) => {
  expect(parse(...args)).toEqual(expected);
});

test.each([
  [['a', '--limit', '90'], { limit: 90_000 }],
  [['a', '--limit', '500ms'], { limit: 500 }],
  [['a', '--limit', '1.5h'], { limit: 5_400_000 }],
  [['a', '--limit=7d'], { limit: 604_800_000 }],
  [['a', '--env', 'A=1', '--env', 'B=x=y', '--env', 'A=2'], { env: { A: '2', B: 'x=y' } }],
  [['a', '--state', 'on,off'], { state: ['on', 'off'] }],
  [['a', '--state', 'on', '--state', 'off'], { state: ['on', 'off'] }],
  [['a', '--share', '0.25'], { share: 0.25 }],
  [['-f', 'a'], { force: true }],
  [['a'], { force: false, name: undefined }],
])('%j is taken', (args, expected) => {
  expect(parse(...args)).toMatchObject({ options: expected, positionals: { first: 'a' } });
});

test('words behind -- are words, however they look', () => {
  expect(parse('--name', 'x', '--', 'a', '--name', '-f', '--')).toMatchObject({
    options: { name: 'x', force: false },
    positionals: { first: 'a', rest: ['--name', '-f', '--'] },
  });
});

const task = (end: TaskView['end'], more: Partial<TaskView> = {}): TaskView =>
  ({ task: 0, state: 'failed', end, exitCode: null, signal: null, ...more }) as TaskView;
const job = (state: JobView['state'], code = 'TasksFailed'): JobView =>
  ({ state, condition: { code, message: '', since: '' } }) as JobView;

test.each<[string, JobView, TaskView[], number]>([
  ['success', job('succeeded'), [], 0],
  ['a cancelled job', job('cancelled', 'CancelRequested'), [task('cancelled')], 130],
  ['an exit code', job('failed'), [task('exited', { exitCode: 3 })], 3],
  ['a signal', job('failed'), [task('signalled', { signal: 'SIGSEGV' })], 139],
  ['too little memory', job('failed'), [task('out-of-memory', { signal: 'SIGKILL' })], 137],
  ['a task out of its time', job('failed'), [task('timed-out')], 124],
  ['a job out of its time', job('failed', 'JobTimedOut'), [task('cancelled')], 124],
  ['a missing program', job('failed'), [task('program-missing')], 127],
  ['a program that cannot be executed', job('failed'), [task('program-not-executable')], 126],
  ['a lost VM', job('failed'), [task('vm-lost')], 125],
  ['an eviction', job('failed'), [task('evicted')], 125],
  ['a full disk', job('failed'), [task('out-of-disk')], 125],
  ['a target that is gone', job('failed', 'TargetRemoved'), [], 125],
])('muster run tells of %s by its exit status', (_, view, failures, status) => {
  expect(exitCodeOfJob(view, failures)).toBe(status);
});

test('a table has a line a view, its columns aligned, nothing as a hyphen, lines cut where they are too long', () => {
  const views = [
    { name: 'a', note: null },
    { name: 'longer', note: 'two\nlines' },
  ];
  const columns = {
    name: (view: (typeof views)[0]) => view.name,
    note: (view: (typeof views)[0]) => view.note,
  };
  expect(table(views, columns)).toBe('NAME    NOTE\na       -\nlonger  two lines\n');
  expect(table(views, columns, 12)).toBe('NAME    NOTE\na       -\nlonger  two…\n');
});
