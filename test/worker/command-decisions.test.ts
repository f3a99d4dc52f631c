import { decideRestart } from '../../worker/command/restart';
import { LineWatch } from '../../worker/command/readiness';

describe('after a run', () => {
  const exited = (exitCode: number) => ({ exitCode, signal: null });
  const killed = { exitCode: null, signal: 'SIGKILL' as const };
  test.each([
    ['always', exited(0), 'restart'],
    ['always', exited(1), 'restart'],
    ['always', killed, 'restart'],
    ['always', exited(42), 'ended'],
    ['on-failure', exited(0), 'ended'],
    ['on-failure', exited(1), 'restart'],
    ['on-failure', killed, 'restart'],
    ['on-failure', exited(42), 'ended'],
    ['never', exited(0), 'ended'],
    ['never', exited(1), 'ended'],
    ['never', killed, 'ended'],
  ] as const)('with policy %s, %j leads to: %s', (restart, exit, kind) => {
    expect(decideRestart({ restart, restartDelayMs: 1 }, { exit, ranMs: 5, failures: 0 }).kind).toBe(kind);
  });

  const pause = (failures: number, ranMs = 5, restartDelayMs = 1000): number => {
    const run = { exit: exited(1), ranMs, failures };
    const step = decideRestart({ restart: 'always', restartDelayMs }, run);
    return step.kind === 'restart' ? step.afterMs : -1;
  };
  test('the pause doubles with runs that end early, up to a minute', () => {
    expect([0, 1, 2, 5, 6, 60].map((failures) => pause(failures))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000,
    ]);
  });
  test('the pause is the first again after a run of more than a minute', () => {
    expect(pause(9, 60_000)).toBe(1000);
  });
  test('a pause wished for longer than a minute is kept', () => {
    expect(pause(9, 5, 300_000)).toBe(300_000);
  });
});

describe('the watch for a line', () => {
  function watch(pattern: RegExp) {
    const passed: string[] = [];
    let matches = 0;
    const sink = { write: async (chunk: Buffer) => void passed.push(chunk.toString()) };
    const line = new LineWatch(sink, pattern, () => matches++);
    return { passed, matches: () => matches, write: (text: string) => line.write(Buffer.from(text)) };
  }
  test('sees a line that comes in pieces, once, and passes every byte on', async () => {
    const { passed, matches, write } = watch(/^ready$/);
    for (const part of ['not ready\nrea', 'd', 'y', '\nready\n']) await write(part);
    expect(matches()).toBe(1);
    expect(passed.join('')).toBe('not ready\nready\nready\n');
  });
  test('waits for the end of the line', async () => {
    const { matches, write } = watch(/ready/);
    await write('ready');
    expect(matches()).toBe(0);
    await write(' or not\r\n');
    expect(matches()).toBe(1);
  });
});
