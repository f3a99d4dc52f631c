import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Cost, MusterResult, RateResult, Report } from '../../bench/jobs/report';
import { configurationText, tunedSettings } from '../../bench/jobs/slurm/configuration';
import type { SlurmResult } from '../../bench/jobs/slurm/report';
import { findNotHeld } from '../../bench/jobs/verdict';
import { runBench, type BenchRun } from './run-bench';

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'muster-bench-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bench = (...given: string[]): BenchRun => runBench('jobs', folder, given);

describe('bench:jobs', () => {
  it('runs jobs on a real stack, compares every output, counts what each costs, and leaves nothing behind', () => {
    const json = path.join(folder, 'report.json');
    const only = ['--only', 'array', '--only', 'latency'];
    const { status, stdout, stderr } = bench('--quick', '--no-peer', ...only, '--json', json);
    // So few tasks bear the fixed cost of their job: the number of durable events holds for a thousand.
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('Not held: array: 0.'),
    });
    const { muster } = JSON.parse(readFileSync(json, 'utf8')) as Report;
    expect(muster.latency?.submitToReadable.count).toBe(10);
    const { cost, count } = muster.array!;
    expect(cost.storageOperations / count).toBeLessThan(4);
    expect(cost.byFunction['http postJob']).toBe(1);
    expect(stdout).toContain('array of 100: median');
    rmSync(json);
    expect(readdirSync(folder).filter((name) => name.startsWith('muster-bench-'))).toEqual([]);
  });

  it('refuses what it does not know, and says how it is called', () => {
    const { status, stderr } = bench('--only', 'nothing');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("There is no part 'nothing'."),
    });
    expect(stderr).toContain('usage:');
  });
});

const cost = { storageOperations: 1000, durableEvents: 80 } as Cost;
const rate = (perSecond: number, changes: Partial<Cost> = {}): RateResult => ({
  count: 1000,
  perSecond: [perSecond],
  cost: { ...cost, ...changes },
});
const slurm = [
  { array: { perSecond: 90 }, separate: { perSecond: 80 }, latencyAlone: { p50Ms: 600, p95Ms: 950 } },
  { array: { perSecond: 100 }, separate: { perSecond: 70 }, latencyAlone: { p50Ms: 900, p95Ms: 990 } },
] as SlurmResult[];
const spread = (p50: number, p99: number) => ({ count: 200, p50, p95: p99, p99 });
const latency = (p50: number, p99: number) => ({
  latency: {
    submitToReadable: spread(p50, p99),
    submitToRunning: spread(1, 1),
    exitToReadable: spread(1, 1),
  },
});

describe('the verdict', () => {
  it.each<[string, Partial<MusterResult>, string[]]>([
    ['everything', { array: rate(301), separate: rate(81), ...latency(299, 949) }, []],
    [
      'an array not three times as fast as the best',
      { array: rate(299) },
      ["array: 299 tasks/s are not over 3 times Slurm's 100."],
    ],
    [
      'dear tasks',
      { array: rate(301, { storageOperations: 4100, durableEvents: 101 }) },
      [
        'array: 4.10 storage operations a task, at most 4.',
        'array: 0.101 durable events a task, at most 0.1.',
      ],
    ],
    [
      'a large array that is slower than a small one, and dearer',
      { array: rate(301), largeArray: { ...rate(150, { storageOperations: 4100 }), count: 1000 } },
      [
        'large array: 150 tasks/s are less than half of what a smaller one has, 151.',
        'large array: 4.10 storage operations a task, at most 4.',
      ],
    ],
    ['slow jobs', { separate: rate(79) }, ["separate jobs: 79 a second are not over Slurm's 80."]],
    [
      'a slow job',
      latency(301, 951),
      [
        "one job: p50 of 301 ms is not below half of Slurm's 600 ms.",
        "one job: p99 of 951 ms is not below Slurm's p95 of 950 ms.",
      ],
    ],
    [
      'an agent that grows with its output',
      {
        output: {
          bytes: 1,
          seconds: 1,
          appends: 1,
          storageOperations: 1,
          agentMiB: { before: 100, peak: 165 },
        },
      },
      ['output: the agent grew by 65 MiB, at most 64.'],
    ],
  ])('on %s', (_what, measured, expected) => {
    expect(findNotHeld({ vms: 2, workersPerInstance: 4, ...measured }, slurm)).toEqual(expected);
  });

  it('compares with no Slurm that was not measured', () => {
    const slow = { vms: 2, workersPerInstance: 4, array: rate(1), separate: rate(1), ...latency(1e6, 1e6) };
    expect(findNotHeld(slow, [])).toEqual([]);
  });
});

it("Slurm's configuration names every setting once, and a node with the slots asked for", () => {
  const lines = configurationText(tunedSettings, 16).trim().split('\n');
  expect(lines).toContain('SchedulerParameters=batch_sched_delay=0');
  expect(lines.find((line) => line.startsWith('NodeName='))).toContain('CPUs=16');
  const names = lines.map((line) => line.split('=')[0]);
  expect(new Set(names).size).toBe(names.length);
});
