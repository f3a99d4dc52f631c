import { startLocalStack, type LocalStack } from '../support/local-stack';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 60_000);
afterAll(() => stack?.dispose());

async function quota(query: string) {
  const response = await fetch(new URL(`/api/quota?${query}`, stack.url), {
    headers: { 'x-functions-key': stack.key },
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown> & {
      error?: { code: string; details?: { target: string }[] };
    },
  };
}
const control = (path: string, body: object) =>
  fetch(new URL(`/control/${path}`, stack.simulator.url), { method: 'POST', body: JSON.stringify(body) });

describe('GET /api/quota', () => {
  test('lists every limit of the region with what is used of it', async () => {
    const { status, body } = await quota('location=westeurope');
    expect(status).toBe(200);
    expect(body['usages']).toContainEqual(
      expect.objectContaining({ name: 'cores', currentValue: 0, limit: expect.any(Number) }),
    );
  });

  test('shows how many more calls Azure takes, as its last answers said', async () => {
    const { body } = await quota('location=westeurope');
    expect(body['remainingCalls']).toContainEqual({
      name: 'x-ms-ratelimit-remaining-subscription-reads',
      remaining: expect.any(Number),
      at: expect.any(String),
    });
  });

  test('says by how many cores of what a growth would be short', async () => {
    await control('quota', { location: 'westeurope', name: 'standardDSv5Family', limit: 10 });
    const { body } = await quota('location=westeurope&size=Standard_D2s_v5&count=8');
    expect(body).toMatchObject({
      fits: false,
      room: 5,
      size: { vCpus: 2, physicalCores: 1, family: 'standardDSv5Family' },
    });
    expect(body['message']).toMatch(/short by 6 \(0 of 10 used, 16 more needed\).*5 would fit now/);
  });

  test('names every problem of a question at once', async () => {
    const { status, body } = await quota('count=0&priority=cheap');
    expect(status).toBe(400);
    expect(body.error?.details?.map((detail) => detail.target).sort()).toEqual([
      'count',
      'location',
      'priority',
    ]);
  });

  test('a size that the region does not know is 404', async () => {
    expect(await quota('location=westeurope&size=Standard_Nope')).toMatchObject({
      status: 404,
      body: { error: { code: 'SizeNotFound' } },
    });
  });

  test('Azure that refuses is 503 with its own code', async () => {
    await control('faults', {
      operation: 'GET .*/usages',
      count: 1,
      status: 429,
      code: 'TooManyRequests',
      message: 'Slow down.',
      retryAfterSeconds: 7,
    });
    const answer = await fetch(new URL('/api/quota?location=westeurope', stack.url), {
      headers: { 'x-functions-key': stack.key },
    });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
  });
});
