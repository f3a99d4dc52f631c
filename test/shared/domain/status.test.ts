import {
  afterFailure,
  conclude,
  keepSince,
  retryDelayMs,
  settleOperation,
  stepDone,
  timelineOf,
} from '../../../shared/domain';
import { condition, failedOperation, now, seconds, setStatus, settings } from './samples';

const operation = { purpose: 'create' as const, token: 't' };
const throttled = { code: 'TooManyRequests', message: 'Slower.', isRetryable: true, retryAfterMs: null };

describe('retryDelayMs', () => {
  test.each([
    [1, null, 2_000],
    [2, null, 4_000],
    [7, null, 128_000],
    [8, null, 256_000],
    [1_000_000, null, 256_000],
    [0, null, 2_000],
    [1, 30_000, 30_000],
    [8, 1_000, 256_000],
    [1, 3_600_000, 3_600_000],
  ])('after %d failures, asked to wait %p ms: %d ms', (failures, retryAfterMs, delay) => {
    expect(retryDelayMs(failures, retryAfterMs, settings)).toBe(delay);
  });
});

describe('keepSince', () => {
  test.each([
    ['the same code keeps its time', condition('A', seconds(-9)), condition('A', seconds(0)), seconds(-9)],
    ['another code begins anew', condition('B', seconds(-9)), condition('A', seconds(0)), seconds(0)],
    ['none before', null, condition('A', seconds(0)), seconds(0)],
    ['none now', condition('A', seconds(-9)), null, undefined],
  ])('%s', (_sentence, before, after, since) => {
    expect(keepSince(before, after)?.since).toBe(since);
  });
});

describe('settleOperation', () => {
  const settle = (
    status: ReturnType<typeof setStatus>,
    seen: Parameters<typeof settleOperation>[0]['operation'],
  ) => settleOperation({ status, operation: seen }, now, settings);

  it('keeps an operation that runs', () => {
    expect(settle(setStatus({ operation }), { state: 'running', retryAfterMs: 5 }).operation).toEqual(
      operation,
    );
  });
  it('drops one that succeeded and keeps count of failures', () => {
    const settled = settle(setStatus({ operation, failures: 2 }), { state: 'succeeded' });
    expect(settled).toMatchObject({ operation: null, failures: 2 });
  });
  it('drops one that failed, with its reason and the pause', () => {
    expect(settle(setStatus({ operation, failures: 2 }), failedOperation)).toMatchObject({
      operation: null,
      failures: 3,
      retryAt: seconds(8),
      condition: { code: 'AllocationFailed', nextAction: 'create', nextAttemptAt: seconds(8) },
    });
  });
  it('changes nothing where none is under way', () => {
    const status = setStatus({ failures: 1 });
    expect(settle(status, null)).toBe(status);
  });
});

test('afterFailure obeys Retry-After and keeps the time of the first failure', () => {
  const first = afterFailure(setStatus(), throttled, { now, nextAction: 'createScaleSet', settings });
  const later = new Date(now.getTime() + 2000);
  const second = afterFailure(
    first,
    { ...throttled, retryAfterMs: 60_000 },
    { now: later, nextAction: 'x', settings },
  );
  expect(second).toMatchObject({ failures: 2, retryAt: seconds(62), condition: { since: seconds(0) } });
});

describe('conclude', () => {
  const at = { now, settings, before: null };
  it('keeps the plan where nothing was to be done', () => {
    const status = setStatus();
    expect(conclude(status, [], at)).toEqual(status);
  });
  test.each([
    ['createScaleSet', 'create'],
    ['setScaleSetCapacity', 'resize'],
    ['deleteScaleSetInstances', 'resize'],
    ['deleteScaleSet', 'delete'],
    ['createNetworkInterface', 'create'],
    ['createVirtualMachine', 'create'],
    ['deleteVirtualMachine', 'delete'],
    ['deleteNetworkInterface', 'delete'],
  ])('remembers the operation that %s started, as a %s', (step, purpose) => {
    const done = [{ step, outcome: { operation: 'token', failure: null } }];
    expect(conclude(setStatus(), done, at).operation).toEqual({ purpose, token: 'token' });
  });
  it('has no operation where the answer was final, or the step starts none', () => {
    expect(conclude(setStatus(), [{ step: 'createScaleSet', outcome: stepDone }], at).operation).toBeNull();
    const odd = [{ step: 'forgetAgents', outcome: { operation: 'x', failure: null } }];
    expect(conclude(setStatus(), odd, at).operation).toBeNull();
  });
  it('explains a refusal, says what comes next and when', () => {
    const done = [
      { step: 'forgetAgents', outcome: stepDone },
      { step: 'createScaleSet', outcome: { operation: null, failure: throttled } },
    ];
    expect(conclude(setStatus({ condition: condition('CreatingInAzure') }), done, at)).toMatchObject({
      failures: 1,
      retryAt: seconds(2),
      condition: { code: 'TooManyRequests', nextAction: 'createScaleSet', since: seconds(0) },
    });
  });
  it('keeps the time since when the same refusal is met, attempt after attempt', () => {
    const done = [{ step: 'createScaleSet', outcome: { operation: null, failure: throttled } }];
    const before = condition('TooManyRequests', seconds(-300));
    const planned = setStatus({ condition: condition('CreatingInAzure', seconds(0)), failures: 4 });
    expect(conclude(planned, done, { now, settings, before }).condition?.since).toBe(seconds(-300));
  });
});

describe('timelineOf', () => {
  test.each([
    ['nothing', setStatus(), setStatus(), []],
    ['a new reason', setStatus(), setStatus({ condition: condition('A') }), ['A']],
    [
      'the same reason',
      setStatus({ condition: condition('A') }),
      setStatus({ condition: condition('A', 'x') }),
      [],
    ],
    ['a reason that ended', setStatus({ condition: condition('A') }), setStatus(), []],
    [
      'a new state and reason',
      setStatus(),
      setStatus({ state: 'updating', condition: condition('A') }),
      ['A', 'StateChanged'],
    ],
  ])('tells of %s', (_sentence, before, after, codes) => {
    expect(timelineOf(before, after, now).map((event) => event.code)).toEqual(codes);
  });
});
