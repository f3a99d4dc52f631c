import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lines } from '../../bench/host/lines';
import { lineResult, type Report } from '../../bench/host/report';
import { median, percentile } from '../../bench/host/statistics';
import { table } from '../../bench/host/table';
import { runBench, type BenchRun } from './run-bench';

const bench = (...given: string[]): BenchRun => runBench('host', folder, given);

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'muster-bench-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('bench:host', () => {
  it('measures and prints every line, says how durable its commits were, and leaves nothing behind', () => {
    const json = path.join(folder, 'report.json');
    const { status, stdout, stderr } = bench('--quick', '--no-peer', '--json', json);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('sequences over HTTP') });

    const report = JSON.parse(readFileSync(json, 'utf8')) as Report;
    expect(report.lines.map(({ id }) => id)).toEqual(lines.map(({ id }) => id));
    for (const { title, muster, dbos } of report.lines) {
      expect(stdout).toContain(title);
      expect(muster.median).toBeGreaterThan(0);
      expect(dbos).toBeUndefined();
    }
    expect(report.settings['Muster']).toMatchObject({ journal_mode: 'wal', synchronous: 'FULL' });
    expect(stdout).toContain('journal_mode=wal synchronous=FULL');
    expect(readdirSync(folder)).toEqual(['report.json']);
  }, 60_000);

  it('refuses an argument it does not know and says how it is used', () => {
    const { status, stderr } = bench('--fast');
    expect(status).toBe(2);
    expect(stderr).toContain('usage: node dist/bench/host/main.js');
  });
});

describe('the comparison', () => {
  const [rate, duration] = [lines[0], lines.find(({ unit }) => unit === 'seconds')];
  const samples = (...values: number[]): { value: number }[] => values.map((value) => ({ value }));

  it('takes the median of the rounds and calls more per second and fewer seconds ahead', () => {
    if (!rate || !duration) throw new Error('There is no such line.');
    const faster = lineResult(rate, samples(300, 100, 200), samples(90, 100, 110));
    expect(faster).toMatchObject({ muster: { median: 200 }, dbos: { median: 100 }, times: 2, isAhead: true });
    const slower = lineResult(duration, samples(3, 2, 1), samples(1, 1, 1));
    expect(slower).toMatchObject({ muster: { median: 2 }, times: 0.5, isAhead: false });
  });

  it('does not count a tie as ahead', () => {
    if (!rate) throw new Error('There is no such line.');
    expect(lineResult(rate, samples(100), samples(100)).isAhead).toBe(false);
  });

  it('prints both sides of a line beside each other', () => {
    if (!rate) throw new Error('There is no such line.');
    const line = lineResult(
      rate,
      [{ value: 200, p50Ms: 4, p99Ms: 9 }],
      [{ value: 50, p50Ms: 16, p99Ms: 30 }],
    );
    const text = table({ at: '', isQuick: false, machine: {}, settings: {}, lines: [line] });
    expect(text).toMatch(
      /per second +200 +200 +50 +50 +4\.0\n +p50 +ms +4\.00 +16\.00\n +p99 +ms +9\.00 +30\.00/,
    );
  });
});

describe('percentiles', () => {
  it('are values that were measured', () => {
    expect(percentile([5, 1, 4, 2, 3], 50)).toBe(3);
    expect(percentile([5, 1, 4, 2, 3], 99)).toBe(5);
    expect(percentile([7], 50)).toBe(7);
  });

  it('have a median that is the mean of the two in the middle when their number is even', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});
