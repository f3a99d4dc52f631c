import { decideToken } from '../../worker/task/job-tokens';

const answer = (status: number, body: unknown, message?: string) => ({
  status,
  body,
  message,
  retryAfterMs: undefined,
});

test('a token is renewed at half of its life', () => {
  const given = answer(200, { token: 't', expiresInMs: 900_000 });
  expect(decideToken(given)).toEqual({ kind: 'given', token: 't', renewInMs: 450_000 });
});

test.each([
  ['has ended', 409],
  ['is another owner’s', 404],
  ['did not ask', 403],
  ['has a VM that is gone', 410],
])('a job that %s gets none, and is not asked for again', (_what, status) => {
  expect(decideToken(answer(status, {}, 'No.'))).toEqual({ kind: 'refused', message: 'No.' });
});

test.each([
  ['a failure', answer(500, undefined, 'Oops.')],
  ['a throttled call', answer(429, undefined, 'Later.')],
  ['a page of the platform’s own', answer(403, undefined)],
  ['an answer that is no token', answer(200, { token: '' })],
])('after %s it asks again', (_what, failed) => {
  expect(decideToken(failed).kind).toBe('retry');
});
