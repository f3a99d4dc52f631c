import { LogSink, sinkLimits } from '../../worker/logs/log-sink';
import { Collector } from './support/collector';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));
let collector: Collector;
beforeEach(async () => void (collector = await Collector.start()));
afterEach(() => collector.stop());

const logs = (headers: Record<string, string> = {}) => ({ endpoint: collector.url, headers });

describe('lines of tasks', () => {
  it('go to the collector with whose they are, in order, beside their blobs', async () => {
    const jobId = await world.script(
      'for i in 1 2 3; do echo "out $i ä"; echo "err $i" >&2; done; printf last',
    );
    const agent = await world.startAgent({ logs: logs({ authorization: 'Bearer collector-secret' }) });
    const result = await world.storage.result(jobId);
    await until('every line has come', () => collector.lines.length >= 7);
    expect(collector.textOf('stdout')).toEqual(['out 1 ä', 'out 2 ä', 'out 3 ä', 'last']);
    expect(collector.textOf('stderr')).toEqual(['err 1', 'err 2', 'err 3']);
    expect(collector.lines[0]!.attributes).toMatchObject({
      'muster.job.id': jobId,
      'muster.task': 0,
      'muster.retry': 0,
      'muster.attempt.id': result.attemptId,
      'muster.worker': 'vm1-0',
    });
    expect(collector.requests[0]).toEqual({
      path: '/v1/logs',
      authorization: 'Bearer collector-secret',
      contentType: 'application/json',
    });
    expect(await world.storage.text(result, 'stderr')).toBe('err 1\nerr 2\nerr 3\n');
    expect(agent.stderr).not.toContain('collector-secret');
  });

  it('that the collector refuses for a while come once it takes them', async () => {
    collector.refusals.push(503, 429);
    const jobId = await world.script('echo patience');
    await world.startAgent({ logs: logs() });
    await world.storage.result(jobId);
    await until('the line has come', () => collector.lines.length > 0);
    expect(collector.textOf('stdout')).toEqual(['patience']);
    expect(collector.requests).toHaveLength(3);
  });

  it('hold no task back where the collector takes nothing: they are dropped, counted, and it is said', async () => {
    collector.isStuck = true;
    const jobId = await world.script('seq 1 200000');
    const agent = await world.startAgent({ logs: logs() });
    const result = await world.storage.result(jobId, 0, 20_000);
    const expected = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('');
    expect(await world.storage.text(result, 'stdout')).toBe(expected);
    agent.signal('SIGTERM');
    await agent.ended;
    const said = (event: string) => agent.events.filter((line) => line.event === event);
    expect(said('logs-not-sent')).toHaveLength(1);
    expect(said('logs-dropped')).toMatchObject([{ level: 'warning', lines: 200_000 }]);
  });

  it('are sent when the agent ends', async () => {
    const jobId = await world.script('echo soon; exec kill -9 $$');
    const agent = await world.startAgent({ logs: logs() });
    await world.storage.result(jobId);
    world.plane.command = 'drain';
    await agent.ended;
    expect(collector.textOf('stdout')).toEqual(['soon']);
  });

  it('go nowhere where no collector is told', async () => {
    const jobId = await world.script('echo quiet');
    await world.startAgent();
    await world.storage.result(jobId);
    expect(collector.requests).toEqual([]);
  });
});

describe("an agent's own log", () => {
  it('has in each line the UTC time, a level and what happened; of a failure in the background also why, at once', async () => {
    const agent = await world.startAgent();
    await agent.logged('enrolled');
    world.plane.isAway = true;
    const failure = await agent.logged('control-plane-unreachable');
    expect(failure).toMatchObject({ level: 'warning', error: expect.stringMatching(/./) as string });
    for (const { time, level, event } of agent.events) {
      expect(new Date(String(time)).toISOString()).toBe(time);
      expect(['info', 'warning', 'error']).toContain(level);
      expect(event).toMatch(/^[a-z-]+$/);
    }
  });
});

describe('a sink', () => {
  const source = {
    jobId: 'job-1',
    task: 0,
    retry: 0,
    attemptId: 'a',
    worker: 'w',
    stream: 'stdout' as const,
  };
  const sinkOf = (limits: Partial<typeof sinkLimits>) => {
    const said: [string, unknown][] = [];
    const sink = new LogSink({
      settings: { endpoint: `${collector.url}/`, headers: {} },
      vm: { name: 'vm', version: '0' },
      log: (_level, event, fields) => said.push([event, fields]),
      limits: { ...sinkLimits, ...limits },
    });
    return { said, sink };
  };
  const add = (sink: LogSink, count: number): void => {
    for (let i = 0; i < count; i++) sink.add({ atMs: i, text: String(i), isCut: false, source });
  };

  it('holds no more than its bound, and sends what it holds in bounded batches', async () => {
    const { sink, said } = sinkOf({ heldBytes: 50_000, batchRecords: 40, flushMs: 20 });
    add(sink, 1000);
    const dropped = sink.dropped;
    expect(dropped).toBeGreaterThan(800);
    await sink.close(5000);
    expect(collector.lines).toHaveLength(1000 - dropped);
    expect(collector.requests.length).toBe(Math.ceil((1000 - dropped) / 40));
    expect(said.map(([event]) => event)).toEqual(['logs-not-sent', 'logs-dropped']);
  });

  it('gives a batch up that is refused for good, and goes on with the next', async () => {
    collector.refusals.push(400);
    const { sink } = sinkOf({ batchRecords: 10, flushMs: 20 });
    add(sink, 20);
    await sink.close(5000);
    expect([collector.lines.length, sink.dropped]).toEqual([10, 10]);
  });

  it('ends in time also where nothing is answered', async () => {
    collector.isStuck = true;
    const { sink } = sinkOf({ flushMs: 10 });
    add(sink, 5);
    const begun = Date.now();
    await sink.close(200);
    expect(Date.now() - begun).toBeLessThan(2000);
    expect(sink.dropped).toBe(5);
  });
});
