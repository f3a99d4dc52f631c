import { tmpdir } from 'node:os';
import { mayHaveEnded } from '../../worker/claims/earlier-results';
import { attemptsBegun, fresh, parseTaskMessage, remaining } from '../../worker/claims/message';
import { PollPace } from '../../worker/claims/poll-pace';
import { fairShare, PaceOfWork } from '../../worker/claims/share';
import { diagnosed, freeBytes } from '../../worker/task/diagnosis';
import type { TaskMessage } from '../../shared/contracts/work-messages';

const message: TaskMessage = { version: 1, jobId: 'job-1', tasks: [1, 2, 3, 4, 5], retry: 2 };

describe('what a VM keeps of what it has claimed', () => {
  it.each([
    ['as much as it ends within the time', { pending: 50, ended: 10, withinMs: 300 }, 50, 16],
    ['no more than that', { pending: 90, ended: 3, withinMs: 300 }, 15, 5],
    ['nothing of tasks that take long', { pending: 40, ended: 0, withinMs: 300 }, 0, 1],
    ['nothing where no time has passed', { pending: 40, ended: 0, withinMs: 0 }, 0, 1],
    [
      'all of very short ones, in messages of at most a hundred',
      { pending: 99, ended: 99, withinMs: 100 },
      99,
      100,
    ],
  ])('is %s', (_what, progress, keep, tasksPerMessage) => {
    expect(fairShare(progress, 1500)).toEqual({ keep, tasksPerMessage });
  });
});

describe('the pace of a VM', () => {
  it('is of the last while, since it has had work', () => {
    const pace = new PaceOfWork(1000);
    expect(pace.lately(500)).toEqual({ ended: 0, withinMs: 0 });
    pace.begin(1000);
    pace.end(1100);
    pace.end(1300);
    expect(pace.lately(1400)).toEqual({ ended: 2, withinMs: 400 });
    expect(pace.lately(2200)).toEqual({ ended: 1, withinMs: 1000 });
    pace.rest();
    expect(pace.lately(2300)).toEqual({ ended: 0, withinMs: 0 });
  });
});

describe('a message', () => {
  it('counts the deliveries whose agents did not have to go', () => {
    expect(attemptsBegun({ ...message, interruptions: 2 }, 5)).toBe(3);
  });
  it('keeps what is left of it, and whether it was interrupted', () => {
    expect(remaining(message, [4], false)).toEqual({ ...message, tasks: [4] });
    expect(remaining({ ...message, interruptions: 1 }, [4], true)).toMatchObject({ interruptions: 2 });
  });
  it('for tasks that were not begun counts from the first delivery again', () => {
    expect(fresh({ ...message, interruptions: 1 }, [3, 4, 5], 2)).toEqual([
      { ...message, tasks: [3, 4] },
      { ...message, tasks: [5] },
    ]);
  });
  it.each([
    ['no base64 of JSON', 'zzz'],
    ['another version', Buffer.from('{"version":2}').toString('base64')],
    ['a job id that leads elsewhere', encode({ ...message, jobId: '../x' })],
    ['no task', encode({ ...message, tasks: [] })],
    ['more tasks than one may hold', encode({ ...message, tasks: Array.from({ length: 101 }, (_, i) => i) })],
  ])('is none with %s', (_what, body) => {
    expect(parseTaskMessage(body)).toBeUndefined();
  });
  it.each([
    ['that came at once', {}, { dequeueCount: 1, ageMs: 100 }, false],
    ['that was handed out before', {}, { dequeueCount: 2, ageMs: 100 }, true],
    ['that has lain', {}, { dequeueCount: 1, ageMs: 5000 }, true],
    ['that was sent again', { isRepeat: true as const }, { dequeueCount: 1, ageMs: 0 }, true],
  ])('%s may hold tasks that have ended: %j', (_what, changes, delivery, expected) => {
    const whole = { messageId: 'm', popReceipt: 'p', body: '', ...delivery };
    expect(mayHaveEnded({ ...message, ...changes }, whole)).toBe(expected);
  });
});

describe('how often a VM looks', () => {
  const limits = { hotPollMs: 50, idlePollMs: 1000, looksPerHour: 4500 };
  const hours = (count: number) => count * 3_600_000;
  it('is seldom for a VM that has had no work', () => {
    expect(new PollPace(limits, 0).pauseMs(1, 0, 0)).toBe(1000);
  });
  it.each([
    [0, 50],
    [1000, 50],
    [4000, 200],
    [20_000, 1000],
    [hours(1), 1000],
  ])('is after a twentieth of the time since its last work: %d ms after it, %d ms later', (after, pause) => {
    const pace = new PollPace(limits, 0);
    pace.worked(10_000);
    expect(pace.pauseMs(1, 10_000 + after, 0)).toBe(pause);
  });
  it('varies by up to a quarter, so that VMs do not look in step', () => {
    expect(new PollPace(limits, 0).pauseMs(1, 0, 1)).toBe(1250);
  });
  it.each([
    ['idle', 0],
    ['that has work all the time', 1],
  ])('of a VM %s is bounded, over a hundred hours', (_what, isBusy) => {
    const pace = new PollPace(limits, 0);
    let looks = 0;
    for (let now = 0; now < hours(100); looks++) {
      if (isBusy) pace.worked(now);
      now += pace.pauseMs(1, now, 0.5);
    }
    expect(looks).toBeLessThanOrEqual(4500 * 106);
    expect(looks).toBeGreaterThan(isBusy ? 450_000 : 310_000);
  });
  it('counts each queue that was looked at', () => {
    const pace = new PollPace({ ...limits, looksPerHour: 3600 }, 0);
    let looks = 0;
    for (let now = 0; now < hours(100); looks += 3) now += pace.pauseMs(3, now, 0);
    expect(looks).toBeLessThanOrEqual(3600 * 106);
  });
});

describe('why a task failed', () => {
  const killed = {
    end: 'signalled' as const,
    exitCode: null,
    signal: 'SIGKILL',
    message: 'killed by SIGKILL',
  };
  const failed = { end: 'exited' as const, exitCode: 1, signal: null, message: 'exited with code 1' };
  const roomy = { before: { oomKills: 3 }, after: { oomKills: 3 }, freeBytes: 1e9 };
  it.each([
    ['its own word', failed, roomy, 'exited'],
    ['a full disk', failed, { ...roomy, freeBytes: 4096 }, 'out-of-disk'],
    ['want of memory', killed, { ...roomy, after: { oomKills: 4 } }, 'out-of-memory'],
    [
      'want of memory, told by a shell',
      { ...failed, exitCode: 137 },
      { ...roomy, after: { oomKills: 4 } },
      'out-of-memory',
    ],
    ['a kill of somebody', killed, roomy, 'signalled'],
    ['another`s want of memory', failed, { ...roomy, after: { oomKills: 4 } }, 'exited'],
  ])('is %s', (_what, ending, vm, end) => {
    expect(diagnosed(ending, vm)).toMatchObject({ end });
  });
  it('is looked for on disks that a task can write to, and on no other', () => {
    const free = freeBytes(tmpdir());
    expect(free).toBeGreaterThan(0);
    expect(free).toBeLessThan(Infinity);
    expect(freeBytes('/proc', '/no/such/folder')).toBe(Infinity);
    expect(freeBytes(tmpdir(), '/proc')).toBeLessThan(Infinity);
  });
  it('is not asked of one that succeeded, was cancelled or ran out of time', () => {
    const full = { ...roomy, freeBytes: 0 };
    for (const ending of [
      { ...failed, exitCode: 0 },
      { ...failed, end: 'timed-out' as const },
      { ...failed, end: 'cancelled' as const },
    ])
      expect(diagnosed(ending, full)).toEqual(ending);
  });
});

function encode(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64');
}
