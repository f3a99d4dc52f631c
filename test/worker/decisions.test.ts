import { backoffMs, parseRetryAfter } from '../../worker/backoff';
import { decideEnrol } from '../../worker/enrol';
import { physicalHostNameOf } from '../../worker/instance-facts';
import { decideLease } from '../../worker/lease';
import { createLog, describeError, redact } from '../../worker/log';
import { isVerdict } from '../../worker/storage/retry';
import { findUser, mapsOneId } from '../../worker/task/identity';
import { endingOf } from '../../worker/task/result';
import { parseSpecification } from '../../worker/task/specifications';
import { afterFailedRenewal } from '../../worker/claims/claim-lease';

const answer = (status: number, rest: object = {}) => ({
  status,
  body: undefined,
  retryAfterMs: undefined,
  message: undefined,
  ...rest,
});

describe('backoff', () => {
  const delays = { baseMs: 100, maxMs: 1000 };
  it('doubles, between half and the whole of its ceiling', () => {
    expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, delays, 1))).toEqual([100, 200, 400, 800]);
    expect(backoffMs(2, delays, 0)).toBe(200);
  });
  it('stays below its longest, however many attempts there were', () => {
    expect(backoffMs(4, delays, 1)).toBe(1000);
    expect(backoffMs(5000, delays, 1)).toBe(1000);
  });
  it.each([
    ['3', 3000],
    ['0', 0],
    [new Date(10_000).toUTCString(), 4000],
    [new Date(1000).toUTCString(), 0],
    ['soon', undefined],
    [null, undefined],
  ])('reads Retry-After %s', (header, expected) => {
    expect(parseRetryAfter(header, 6000)).toBe(expected);
  });
});

describe('what an answer means', () => {
  it.each([401, 409, 410])('enrol: %d is a refusal', (status) => {
    expect(decideEnrol(answer(status))).toMatchObject({ kind: 'refused' });
  });
  it("enrol: 403 is a refusal in the app's words only; a stopped app's page passes", () => {
    expect(decideEnrol(answer(403, { message: 'no' }))).toEqual({ kind: 'refused', message: 'no' });
    expect(decideEnrol(answer(403))).toMatchObject({ kind: 'retry' });
  });
  it.each([400, 404, 408, 429, 500, 503])('enrol: after %d it asks again, when told to', (status) => {
    expect(decideEnrol(answer(status, { retryAfterMs: 7 }))).toMatchObject({ kind: 'retry', afterMs: 7 });
  });
  it('enrol: an answer that is not understood is no admission', () => {
    expect(decideEnrol(answer(200, { body: { state: 'admitted' } }))).toMatchObject({ kind: 'retry' });
  });
  it.each([401, 410])('lease: %d means the agent is not wanted', (status) => {
    expect(decideLease(answer(status))).toMatchObject({ kind: 'unwanted' });
  });
  it.each([400, 403, 404, 409, 429, 500, 502])('lease: after %d it works on and asks again', (status) => {
    expect(decideLease(answer(status))).toMatchObject({ kind: 'retry' });
  });
});

describe('a task lease', () => {
  it('is still held after a try that storage did not answer', () => {
    expect(afterFailedRenewal(false, false)).toBe('held');
  });
  it('is lost when storage says the message is gone, unless a renewal of ours may have changed the receipt', () => {
    expect(afterFailedRenewal(true, false)).toBe('lost');
    expect(afterFailedRenewal(true, true)).toBe('unsure');
  });
});

describe('storage errors', () => {
  it.each([400, 404, 409, 412])('%d is a verdict', (statusCode) =>
    expect(isVerdict({ statusCode })).toBe(true),
  );
  it.each([401, 403, 408, 429, 500, 503])('%d passes', (statusCode) =>
    expect(isVerdict({ statusCode })).toBe(false),
  );
  it('a transport error passes', () => expect(isVerdict(new Error('ECONNRESET'))).toBe(false));
});

describe('an ending', () => {
  it('by time-out says so whatever the process made of it', () => {
    const exit = { exitCode: 0, signal: null };
    expect(endingOf(exit, 'time-out', 500)).toMatchObject({ end: 'timed-out', exitCode: 0 });
    expect(endingOf(exit, 'cancellation', 500)).toMatchObject({ end: 'cancelled', exitCode: 0 });
    expect(endingOf(exit, 'itself', 500)).toMatchObject({ end: 'exited', exitCode: 0 });
  });
});

describe('a specification', () => {
  it.each([
    [undefined, /was deleted/],
    ['{', /not JSON/],
    ['{"version":2}', /version: .*jobId: /],
  ])('%s is invalid, and says why', (text, reason) => {
    expect(parseSpecification(text)).toMatchObject({
      kind: 'invalid',
      reason: expect.stringMatching(reason) as string,
    });
  });
});

describe('facts', () => {
  it('take the physical host from the key-value file of Hyper-V', () => {
    const record = (key: string, value: string): Buffer => {
      const bytes = Buffer.alloc(2560);
      bytes.write(key, 0);
      bytes.write(value, 512);
      return bytes;
    };
    const pool = Buffer.concat([record('HostName', 'x'), record('PhysicalHostNameFullyQualified', 'BN4-07')]);
    expect(physicalHostNameOf(pool)).toBe('BN4-07');
    expect(physicalHostNameOf(Buffer.from('short'))).toBe('unknown');
  });
  it('tell a user namespace without other users from a machine', () => {
    expect(mapsOneId('         0       1000          1\n')).toBe(true);
    expect(mapsOneId('         0          0 4294967295\n')).toBe(false);
    expect(mapsOneId('0 1000 1\n1 100000 65536\n')).toBe(false);
  });
  it('find a user in passwd by its whole name', () => {
    const passwd = 'root:x:0:0::/root:/bin/sh\nmuster2:x:7:8::/:/bin/sh\nmuster:x:1001:1002::/:/bin/sh\n';
    expect(findUser(passwd, 'muster')).toEqual({ user: 'muster', uid: 1001, gid: 1002 });
    expect(findUser(passwd, 'must')).toBeUndefined();
  });
});

describe('the log', () => {
  it('is one JSON line per event', () => {
    const lines: string[] = [];
    createLog(
      (line) => lines.push(line),
      () => new Date(0),
    )('info', 'begun', { a: 'x\ny' });
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"begun","a":"x\\ny"}\n',
    ]);
  });
  it('shows no signature and no token', () => {
    expect(redact('GET http://s/q?sv=1&sig=aB%2Fc%3D&se=2')).toBe('GET http://s/q?sv=1&sig=***&se=2');
    expect(describeError(new Error('failed: https://s/q?sig=secret\nmore'))).toEqual({
      error: 'failed: https://s/q?sig=***',
    });
    expect(redact('authorization: Bearer abc.def')).toBe('authorization: Bearer ***');
  });
});
