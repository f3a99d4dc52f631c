import { jobNeed, jobToken, joinToken, ownedByJob, readJobToken } from '../../../shared/domain';

const signingKey = 'k'.repeat(32);

describe('a job token', () => {
  const token = jobToken('job-1', 2_000, signingKey);

  test('names its job until it expires', () => {
    expect(readJobToken(token, { now: 1_999, signingKey })).toBe('job-1');
    expect(readJobToken(token, { now: 2_000, signingKey })).toBeUndefined();
  });

  test.each([
    ['of another key', jobToken('job-1', 2_000, 'x'.repeat(32))],
    [
      'of another use',
      joinToken({ kind: 'scale-set', name: 'a', incarnation: '0a1b2c3d' }, 2_000, signingKey),
    ],
    ['without a job', jobToken('', 2_000, signingKey)],
    ['of nothing', ''],
    ['cut short', token.slice(0, -1)],
  ])('%s is refused', (_what, other) => {
    expect(readJobToken(other, { now: 0, signingKey })).toBeUndefined();
  });
});

test.each([
  ['GET', 'scale-sets/{name}', 'scale-set'],
  ['POST', 'jobs', 'own'],
  ['GET', 'quota', 'open'],
  ['GET', 'jobs/{id}/tasks/{task}/output', 'job'],
  ['GET', 'jobs/{id}/output', 'job'],
  ['GET', 'virtual-machines/{name}/wait', 'virtual-machine'],
  ['PATCH', 'scale-sets/{name}', undefined],
  ['POST', 'scale-sets/{name}/workers/{id}/simulate-eviction', undefined],
  ['GET', 'a-route-of-tomorrow', undefined],
  ['GET', '', undefined],
])('%s %j needs %s', (method, path, need) => {
  expect(jobNeed(method, path)).toBe(need);
});

test('what was handed over is no job’s any more', () => {
  expect(ownedByJob({})).toBeUndefined();
  expect(ownedByJob({ createdByJob: 'job-1' })).toBe('job-1');
  expect(ownedByJob({ createdByJob: 'job-1', isHandedOver: true })).toBeUndefined();
});
