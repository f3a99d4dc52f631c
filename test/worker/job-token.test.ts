import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));

const asking = { controlPlaneAccess: true as const };

test('a task whose job commands a cluster has the token from its start, as its own user alone can read it', async () => {
  let calls = 0;
  world.plane.jobToken = () =>
    ++calls < 3 ? { status: 503 } : { status: 200, body: { token: 'the-token', expiresInMs: 60_000 } };
  const script =
    'stat -c "%a %U" "$MUSTER_TOKEN_FILE"; id -un; cat "$MUSTER_TOKEN_FILE"; echo; echo "$MUSTER_URL"; env';
  const jobId = await world.script(script, asking);
  const agent = await world.startAgent();
  const result = await world.storage.result(jobId);
  const [mode, user, token, url, ...environment] = (await world.storage.text(result, 'stdout')).split('\n');
  expect([mode, token, url]).toEqual([`400 ${user}`, 'the-token', `${world.plane.url}/api/job-access`]);
  expect(environment.join('\n')).not.toContain('the-token');
  expect(world.plane.of('/api/workers/job-token').at(-1)).toMatchObject({
    authorization: 'Bearer agent-token-secret',
    body: { version: 1, jobId },
  });
  expect(agent.stderr).not.toContain('the-token');
});

test('a token is renewed while the task runs, in the same file', async () => {
  let calls = 0;
  world.plane.jobToken = () => ({ status: 200, body: { token: `token-${++calls}`, expiresInMs: 200 } });
  const script = 'until grep -q token-3 "$MUSTER_TOKEN_FILE"; do sleep 0.02; done; echo renewed';
  const jobId = await world.script(script, asking);
  await world.startAgent();
  const result = await world.storage.result(jobId);
  expect(await world.storage.text(result, 'stdout')).toBe('renewed\n');
  const asked = calls;
  await world.script('true');
  await until('another task has ended', () => world.plane.told.length === 2);
  // Nobody asks any more for a task that has ended.
  expect(calls - asked).toBeLessThanOrEqual(1);
});

test('a task whose job gets no token runs without', async () => {
  world.plane.jobToken = () => ({
    status: 409,
    body: { error: { code: 'JobEnded', message: 'It has ended.' } },
  });
  const jobId = await world.script('[ -e "$MUSTER_TOKEN_FILE" ] || echo none', asking);
  await world.startAgent();
  const result = await world.storage.result(jobId);
  expect(await world.storage.text(result, 'stdout')).toBe('none\n');
});
