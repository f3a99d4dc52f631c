import { HttpRequest, InvocationContext, type HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { App } from '../../../functions/app';
import { parseBody, queryNumber, registerRoutes, type Route } from '../../../functions/http/route';
import { ApiError, RecordConflict } from '../../../shared/errors';

type Handler = (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>;
const mockRegistered = new Map<string, { handler: Handler; authLevel: string; route: string }>();

jest.mock('@azure/functions', () => {
  const actual = jest.requireActual<typeof import('@azure/functions')>('@azure/functions');
  const http = (name: string, options: { handler: Handler; authLevel: string; route: string }) =>
    mockRegistered.set(name, options);
  return { ...actual, app: { ...actual.app, http } };
});
jest.mock('durable-functions', () => ({
  input: { durableClient: () => ({}) },
  getClient: () => ({}),
}));

const logged: unknown[] = [];
const context = () =>
  new InvocationContext({
    invocationId: 'invocation-1',
    functionName: 'x',
    logHandler: (_level, ...args) => void logged.push(...args),
  });
const request = (body?: string, query: Record<string, string> = {}) =>
  new HttpRequest({
    method: 'POST',
    url: 'http://127.0.0.1/api/x',
    query,
    ...(body === undefined ? {} : { body: { string: body } }),
  });

async function answer(handle: Route['handle'], prepared = () => Promise.resolve(), body?: string) {
  registerRoutes({ prepared } as App, [{ name: 'x', method: 'POST', path: 'x', handle }]);
  return mockRegistered.get('x')!.handler(request(body), context());
}
const throwing = (error: Error) => answer(() => Promise.reject(error));

test('a route needs a key unless it says otherwise', () => {
  const handle = () => Promise.resolve({});
  registerRoutes({} as App, [
    { name: 'a', method: 'GET', path: 'a', handle },
    { name: 'b', method: 'GET', path: 'b', authLevel: 'anonymous', handle },
  ]);
  expect(mockRegistered.get('a')?.authLevel).toBe('function');
  expect(mockRegistered.get('b')?.authLevel).toBe('anonymous');
});

test("an ApiError becomes ARM's envelope with its status, and a pause in whole seconds", async () => {
  const details = [{ code: 'A', message: 'b', target: 'c' }];
  const error = new ApiError(409, 'BeingDeleted', 'Wait.', { target: 't', details, retryAfterMs: 1_200 });
  expect(await throwing(error)).toEqual({
    status: 409,
    headers: { 'Retry-After': '2' },
    jsonBody: { error: { code: 'BeingDeleted', message: 'Wait.', target: 't', details } },
  });
});

test('a change at the same moment is a 409 that says what to do', async () => {
  expect(await throwing(new RecordConflict('x'))).toMatchObject({
    status: 409,
    jsonBody: { error: { code: 'ConcurrentChange', message: expect.stringContaining('repeat') as string } },
  });
});

test('any other error is a 500 that tells nothing of it but where it is logged', async () => {
  logged.length = 0;
  const reply = await throwing(new Error('AccountKey=secret'));
  expect(reply).toMatchObject({ status: 500, jsonBody: { error: { code: 'InternalError' } } });
  expect(JSON.stringify(reply)).toContain('invocation-1');
  expect(JSON.stringify(reply)).not.toContain('secret');
  expect(String(logged)).toContain('AccountKey=secret');
});

test('storage that is not there yet is an envelope, too', async () => {
  const reply = await answer(
    () => Promise.resolve({}),
    () => Promise.reject(new Error('no table')),
  );
  expect(reply.status).toBe(500);
});

describe('a body', () => {
  const schema = z.strictObject({ a: z.int() });
  const read = (body?: string) =>
    answer(async (call) => ({ jsonBody: await parseBody(call.request, schema) }), undefined, body);

  test('of the right shape is given to the handler', async () => {
    expect(await read('{"a":1}')).toEqual({ jsonBody: { a: 1 } });
  });
  test.each([undefined, '', '{', 'a'])('%j is not JSON', async (body) => {
    expect(await read(body)).toMatchObject({ status: 400, jsonBody: { error: { code: 'InvalidJson' } } });
  });
  test('of another shape is refused with every problem', async () => {
    expect(await read('{"b":1}')).toMatchObject({
      status: 400,
      jsonBody: {
        error: {
          code: 'InvalidRequest',
          details: [
            { code: 'MissingField', target: 'a' },
            { code: 'UnknownField', target: 'b' },
          ],
        },
      },
    });
  });
  test('that is too large is refused', async () => {
    expect(await read(`"${'é'.repeat(2 * 1024 * 1024)}"`)).toMatchObject({ status: 413 });
  });
});

test.each([
  ['7', 7],
  ['0', 0],
  [undefined, 5],
])('the query top=%s is %d', (top, number) => {
  const query: Record<string, string> = top === undefined ? {} : { top };
  expect(queryNumber(request(undefined, query), 'top', { fallback: 5, max: 10 })).toBe(number);
});

test.each(['-1', '11', 'x', '1.5', ''])('the query top=%j is refused', (top) => {
  expect(() => queryNumber(request(undefined, { top }), 'top', { max: 10 })).toThrow(ApiError);
});
