import { HttpRequest, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { App } from '../../../functions/app';
import { httpRoutes } from '../../../functions/http';
import { jobAccessRoutes } from '../../../functions/http/job-access';
import type { Route } from '../../../functions/http/route';
import { jobNeed, jobToken } from '../../../shared/domain';

jest.mock('durable-functions', () => ({
  OrchestrationRuntimeStatus: {},
  input: { durableClient: () => ({}) },
}));

const signingKey = 'k'.repeat(32);
const now = 1_000_000;
const states: Record<string, string> = { 'job-live': 'running', 'job-done': 'succeeded' };
const rows: Record<string, object> = {
  'scale-set/mine': { owner: { kind: 'scale-set', name: 'mine' }, createdByJob: 'job-live' },
  'scale-set/theirs': { owner: { kind: 'scale-set', name: 'theirs' }, createdByJob: 'job-done' },
  'scale-set/a-persons': { owner: { kind: 'scale-set', name: 'a-persons' } },
  'virtual-machine/a-persons': { owner: { kind: 'virtual-machine', name: 'a-persons' } },
  'job/child': { submittedByJob: 'job-live' },
  'job/job-live': {},
  'job/job-done': {},
};
const app = {
  config: { MUSTER_SIGNING_KEY: signingKey },
  clock: { now: () => now },
  records: {
    get: async (_table: string, partition: string, key: string) => {
      const state = states[key];
      if (partition === 'status') return state && { value: { state } };
      const value = rows[`${partition}/${key}`];
      return value && { value };
    },
  },
} as unknown as App;

const routes = httpRoutes(app);

/** Every route by which a job can do something. One more is a decision: it is made in `shared/domain/job-access.ts`, and repeated here. */
const open = `
GET manifest                                  open
GET templates/{kind}                          open
GET templates/{kind}/{name}                   open
GET quota                                     open
POST contents                                 open
GET contents/{sha256}                         open
HEAD contents/{sha256}                        open
GET scale-sets                                own
PUT scale-sets/{name}                         scale-set
GET scale-sets/{name}                         scale-set
DELETE scale-sets/{name}                      scale-set
POST scale-sets/{name}/grow                   scale-set
POST scale-sets/{name}/hand-over              scale-set
GET scale-sets/{name}/wait                    scale-set
GET scale-sets/{name}/events                  scale-set
GET scale-sets/{name}/boot-logs               scale-set
GET scale-sets/{name}/boot-logs/{vm}          scale-set
GET scale-sets/{name}/workers                 scale-set
DELETE scale-sets/{name}/workers/{id}         scale-set
GET scale-sets/{name}/workers/{id}/runs       scale-set
GET scale-sets/{name}/workers/{id}/stdout     scale-set
GET scale-sets/{name}/workers/{id}/stderr     scale-set
GET virtual-machines                          own
POST virtual-machines                         own
PUT virtual-machines/{name}                   virtual-machine
GET virtual-machines/{name}                   virtual-machine
DELETE virtual-machines/{name}                virtual-machine
POST virtual-machines/{name}/hand-over        virtual-machine
GET virtual-machines/{name}/wait              virtual-machine
GET virtual-machines/{name}/events            virtual-machine
GET virtual-machines/{name}/boot-logs         virtual-machine
GET virtual-machines/{name}/boot-logs/{vm}    virtual-machine
GET jobs                                      own
POST jobs                                     own
GET jobs/{id}                                 job
GET jobs/{id}/wait                            job
POST jobs/{id}/cancel                         job
GET jobs/{id}/tasks                           job
GET jobs/{id}/tasks/{task}/stdout             job
GET jobs/{id}/tasks/{task}/stderr             job
GET jobs/{id}/tasks/{task}/output             job
GET jobs/{id}/tasks/{task}/attempts           job
GET jobs/{id}/output                          job
GET jobs/{id}/tasks/{task}/outputs            job
GET jobs/{id}/tasks/{task}/outputs/{*path}    job
`;
const expected = new Map(
  open
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/) as [string, string]),
);

test('of all routes these are open to jobs, and no other', () => {
  const found = routes.flatMap(({ method, path }) => {
    const need = jobNeed(method, path);
    return need ? [[`${method} ${path}`, need] as const] : [];
  });
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
});

async function answer(routeList: Route[], path: string, params: Record<string, string>, token: string) {
  const route = jobAccessRoutes(app, routeList).find((one) => one.path === `job-access/api/${path}`)!;
  expect(route.authLevel).toBe('anonymous');
  const url = `http://127.0.0.1/api/job-access/api/${path}`;
  const request = new HttpRequest({
    method: route.method,
    url,
    params,
    headers: { authorization: `Bearer ${token}` },
  });
  return route.handle({ request, context: new InvocationContext(), durable: {} as DurableClient });
}
const live = jobToken('job-live', now + 1, signingKey);
const named: Record<string, string> = {
  name: 'a-persons',
  id: 'job-done',
  kind: 'scale-set',
  vm: 'v',
  task: '0',
};
const keyed = routes.filter((route) => route.authLevel !== 'anonymous');

test.each(keyed.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s, called for what is not the job’s own or is closed, does nothing',
  async (name, route) => {
    let calls = 0;
    const spied: Route = { ...route, handle: async () => ({ status: 200 + calls++ }) };
    const need = expected.get(name);
    const call = answer([spied], route.path, named, live);
    if (need === 'open' || need === 'own') await expect(call).resolves.toEqual({ status: 200 });
    else await expect(call).rejects.toMatchObject({ status: 403, code: 'OutOfScope' });
  },
);

test('the worker protocol has no second door', () => {
  const paths = jobAccessRoutes(app, routes).map((route) => route.path);
  expect(paths.filter((path) => path.includes('/workers/enrol') || path.includes('/workers/lease'))).toEqual(
    [],
  );
  expect(paths).toHaveLength(keyed.length);
});

describe('a job', () => {
  const handle: Route['handle'] = async ({ callerJob }) => ({
    jsonBody: callerJob,
    headers: { Location: '/api/scale-sets/mine' },
  });
  const one: Route = { name: 'x', method: 'GET', path: 'scale-sets/{name}', handle };
  const get = (name: string, token = live) => answer([one], one.path, { name }, token);

  test('is told to the handler, and where to look next lies behind the same gate', async () => {
    expect(await get('mine')).toEqual({
      jsonBody: 'job-live',
      headers: { Location: '/api/job-access/api/scale-sets/mine' },
    });
  });

  test.each(['theirs', 'a-persons', 'THEIRS'])('is refused %s', async (name) => {
    await expect(get(name)).rejects.toMatchObject({ status: 403, code: 'OutOfScope' });
  });

  test('learns of what is not there from the handler', async () => {
    expect(await get('nothing')).toMatchObject({ jsonBody: 'job-live' });
  });

  test.each([
    ['of an ended job', jobToken('job-done', now + 1, signingKey)],
    ['of a job that is gone', jobToken('job-gone', now + 1, signingKey)],
    ['that has expired', jobToken('job-live', now, signingKey)],
    ['of another control plane', jobToken('job-live', now + 1, 'x'.repeat(32))],
    ['of nothing', ''],
  ])('with a token %s is told so', async (_what, token) => {
    await expect(get('mine', token)).rejects.toMatchObject({ status: 401, code: 'JobTokenRefused' });
  });
});
