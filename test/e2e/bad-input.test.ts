import { MusterClient, MusterError } from '../../client';
import { eventually, startLocalStack, whatIsLeft, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 60_000);
afterAll(() => stack?.dispose());

async function call(
  method: string,
  path: string,
  body?: string,
  key = stack.key,
): Promise<{ status: number; body: string }> {
  const response = await fetch(new URL(path, stack.url), {
    method,
    body,
    headers: { 'x-functions-key': key },
  });
  return { status: response.status, body: await response.text() };
}
const targets = (body: string): string[] =>
  (JSON.parse(body) as { error: { details: { target: string }[] } }).error.details.map(
    (detail) => detail.target,
  );

const job = (changes: object): string =>
  JSON.stringify({ target: { scaleSet: 'cbox' }, run: { program: 'true' }, ...changes });

describe('bad input is refused with every problem named, and nothing is made', () => {
  test('a wrong or missing key is 401', async () => {
    expect((await call('GET', '/api/scale-sets', undefined, 'wrong')).status).toBe(401);
    expect((await fetch(new URL('/api/scale-sets', stack.url))).status).toBe(401);
  });

  test('malformed JSON is 400 and says where it breaks', async () => {
    const answer = await call('POST', '/api/jobs', '{"target": ');
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body).error).toMatchObject({
      code: 'InvalidJson',
      message: expect.stringContaining('JSON'),
    });
  });

  test('unknown fields, wrong types and missing fields are named together, by path', async () => {
    const answer = await call(
      'PUT',
      '/api/scale-sets/one',
      JSON.stringify({ capacity: 'three', size: 1, workersPerInstance: 0 }),
    );
    expect(answer.status).toBe(400);
    expect(targets(answer.body).sort()).toEqual(['capacity', 'size', 'template', 'workersPerInstance']);
  });

  test.each(['-cbox', 'cbox.', 'a'.repeat(60), 'a b', 'ä'])(
    'the name %p, which Azure would refuse, is 400',
    async (name) => {
      const answer = await call(
        'PUT',
        `/api/scale-sets/${encodeURIComponent(name)}`,
        JSON.stringify({ template: 'cbox', capacity: 1 }),
      );
      expect([answer.status, targets(answer.body)]).toEqual([400, ['name']]);
    },
  );

  test('a template that does not exist is 404 and says how to make one', async () => {
    const answer = await call(
      'PUT',
      '/api/scale-sets/one',
      JSON.stringify({ template: 'nope', capacity: 1 }),
    );
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body).error).toMatchObject({ code: 'TemplateNotFound', target: 'template' });
  });

  test('a template with a property that ARM would drop is 400', async () => {
    const body = {
      value: { location: 'westeurope', sku: { name: 'Standard_D2s_v5', capcity: 2 }, properties: {} },
    };
    const answer = await call('PUT', '/api/templates/scale-set/bad', JSON.stringify(body));
    expect(answer.status).toBe(400);
    expect(targets(answer.body)).toEqual(
      expect.arrayContaining(['value.sku.capcity', 'value.properties.virtualMachineProfile']),
    );
    expect((await call('GET', '/api/templates/scale-set/bad')).status).toBe(404);
  });

  test('boot commands that do not fit into what a VM boots from are 400 at the creation', async () => {
    const template = (await (
      await fetch(new URL('/api/templates/scale-set/cbox', stack.url), {
        headers: { 'x-functions-key': stack.key },
      })
    ).json()) as { template: object };
    const bootCommands = Array.from({ length: 10 }, () => `: ${'x'.repeat(8000)}`);
    await stack.client.putTemplate('scale-set', 'long', { ...template.template, bootCommands });
    const answer = await call(
      'PUT',
      '/api/scale-sets/one',
      JSON.stringify({ template: 'long', capacity: 1 }),
    );
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([400, 'StartUpTextTooLong']);
  });

  test('a job on a target that does not exist is 404', async () => {
    const answer = await call('POST', '/api/jobs', job({ target: { virtualMachine: 'nope' } }));
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body).error).toMatchObject({
      code: 'VirtualMachineNotFound',
      target: 'target.virtualMachine',
    });
  });

  test('an array of 100,001 tasks is 400', async () => {
    const answer = await call('POST', '/api/jobs', job({ array: { count: 100_001 } }));
    expect([answer.status, targets(answer.body)]).toEqual([400, ['array.count']]);
  });

  test('a body over the limit is 413', async () => {
    const answer = await call('POST', '/api/jobs', job({ run: { script: 'x'.repeat(5 * 1024 * 1024) } }));
    expect(answer.status).toBe(413);
    // The connection it came by is good for what follows, although the body was refused unread.
    for (let again = 0; again < 5; again++) expect((await call('GET', '/api/jobs')).status).toBe(200);
  });

  test('a worker that enrols with a forged token is 401 and is not kept', async () => {
    const owner = { kind: 'scale-set', name: 'cbox', incarnation: '12345678' };
    const facts = [
      'resourceId',
      'vmId',
      'name',
      'subscriptionId',
      'resourceGroup',
      'scaleSetName',
      'location',
      'zone',
      'vmSize',
      'priority',
      'privateIpAddress',
      'physicalHostName',
    ];
    const instance = Object.fromEntries(facts.map((fact) => [fact, 'x']));
    const body = JSON.stringify({ version: 1, owner, joinToken: 'forged.token', agentRunId: 'r', instance });
    expect((await call('POST', '/api/workers/enrol', body, 'none')).status).toBe(401);
  });

  test('the SDK throws the same problems as an error', async () => {
    const client = new MusterClient({ url: stack.url, key: stack.key });
    const refused = client.putScaleSet('one', { template: 'cbox', capacity: -1 });
    await expect(refused).rejects.toMatchObject({ status: 400, details: [{ target: 'capacity' }] });
    await expect(refused).rejects.toBeInstanceOf(MusterError);
    const unknown = client.putScaleSet('one', { template: 'nope', capacity: 1 });
    await expect(unknown).rejects.toMatchObject({ code: 'TemplateNotFound', target: 'template' });
  });

  test('after all of that there is nothing', async () => {
    expect(JSON.parse((await call('GET', '/api/scale-sets')).body)).toEqual({ value: [] });
    expect(JSON.parse((await call('GET', '/api/jobs')).body).value).toEqual([]);
    expect(await eventually('an answer', () => whatIsLeft(stack))).toMatchObject({
      billable: [],
      machines: [],
    });
  });
});
