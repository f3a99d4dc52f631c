import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OrchestrationHandler } from 'durable-functions';
import { createFixture, until, type Fixture } from './engine-fixture';

const orchestrators: Record<string, OrchestrationHandler> = {
  *Calls(context) {
    const url = context.df.getInput() as string;
    const response: { statusCode: number; content: string } = yield context.df.callHttp({
      method: 'POST',
      url,
      body: { a: 1 },
    });
    return [response.statusCode, response.content, yield context.df.callActivity('Echo', 'on')];
  },
};

describe('callHttp', () => {
  let fixture: Fixture;
  let server: Server;
  let origin: string;
  const seen: string[] = [];
  let pollsLeft = 2;

  beforeAll((done) => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push(`${String(request.method)} ${String(request.url)} ${body}`.trim());
        const isPending = request.url === '/start' || (request.url === '/poll' && pollsLeft-- > 0);
        if (isPending) response.writeHead(202, { Location: `${origin}/poll`, 'Retry-After': '5' }).end();
        else response.end('finished');
      });
    });
    server.listen(0, '127.0.0.1', () => {
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  afterAll((done) => {
    server.closeAllConnections();
    server.close(() => done());
  });
  beforeEach(async () => {
    seen.length = 0;
    fixture = await createFixture({ orchestrators, activities: { Echo: (input: unknown) => input } });
  });
  afterEach(() => fixture.close());

  it('answers with what the server says', async () => {
    expect((await fixture.run('Calls', `${origin}/now`)).output).toEqual([200, 'finished', 'on']);
    expect(seen).toEqual(['POST /now {"a":1}']);
  });

  it('polls the location of a 202 after its Retry-After until there is another answer', async () => {
    const { instanceId } = await fixture.engine.startNew({ name: 'Calls', input: `${origin}/start` });
    for (const requests of [1, 2, 3]) {
      await until(() => seen.length === requests);
      await until(async () => {
        const history = (await fixture.engine.status(instanceId, { showHistory: true }))?.historyEvents ?? [];
        return history.filter((event) => event['EventType'] === 'TimerCreated').length === requests;
      });
      fixture.clock.advance(5_000);
    }
    expect((await fixture.finished(instanceId)).output).toEqual([200, 'finished', 'on']);
    expect(seen).toEqual(['POST /start {"a":1}', 'GET /poll', 'GET /poll', 'GET /poll']);
  });

  it('throws in the orchestrator when there is no server', async () => {
    const status = await fixture.run('Calls', 'http://127.0.0.1:1/');
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(/BuiltIn::HttpActivity' failed/);
  });
});
