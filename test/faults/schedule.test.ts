import { describeSchedule, drawSchedule, services, type Fault } from './schedule';

const limits = { lengthMs: 60_000, count: 20 };
const seeds = Array.from({ length: 50 }, (_, index) => index);

test('a seed stands for one schedule, and another seed for another', () => {
  expect(drawSchedule(7, limits)).toEqual(drawSchedule(7, limits));
  expect(drawSchedule(8, limits)).not.toEqual(drawSchedule(7, limits));
});

test.each(seeds)('seed %d tries every fault, each service, in order of time and within it', (seed) => {
  const schedule = drawSchedule(seed, limits);
  const kinds = new Set(schedule.map(({ fault }) => fault.kind));
  expect(kinds.size).toBe(11);
  for (const kind of ['storage-away', 'storage-stutters'] as const) {
    const met = schedule.flatMap(({ fault }) => (fault.kind === kind ? fault.service : []));
    expect([...services].filter((service) => !met.includes(service))).toEqual([]);
  }
  const times = schedule.map(({ atMs }) => atMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.at(-1)).toBeLessThanOrEqual(limits.lengthMs);
});

test.each(seeds)('seed %d kills the host only when it is back from before', (seed) => {
  const isKill = (fault: Fault): fault is Extract<Fault, { kind: 'kill-host' }> => fault.kind === 'kill-host';
  const kills = drawSchedule(seed, { ...limits, count: 60 }).flatMap(({ atMs, fault }) =>
    isKill(fault) ? { atMs, backAt: atMs + fault.forMs } : [],
  );
  for (let index = 1; index < kills.length; index++)
    expect(kills[index]!.atMs).toBeGreaterThan(kills[index - 1]!.backAt);
});

test('is told one fault a line', () => {
  const told = describeSchedule([
    { atMs: 1234, fault: { kind: 'storage-away', service: 'blob', forMs: 1000 } },
    { atMs: 9000, fault: { kind: 'kill-agent', pick: 3 } },
  ]);
  expect(told).toBe('    1.2 s  storage-away, service blob, forMs 1000\n    9.0 s  kill-agent, pick 3');
});
