import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { storageOperation, workQueuePoll } from '../../bench/scale-sets/meters';
import {
  phaseOf,
  type Phase,
  type PhaseName,
  type Report,
  type SizeResult,
} from '../../bench/scale-sets/report';
import { findNotHeld } from '../../bench/scale-sets/verdict';
import { runBench, type BenchRun } from './run-bench';

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'muster-bench-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bench = (...given: string[]): BenchRun => runBench('scale-sets', folder, given);

describe('bench:scale-sets', () => {
  it('creates, grows and deletes a scale set of thin VMs, prints what it took, and leaves nothing behind', () => {
    const json = path.join(folder, 'report.json');
    const { status, stdout, stderr } = bench('--quick', '--json', json);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('Held: every number.') });

    const { sizes } = JSON.parse(readFileSync(json, 'utf8')) as Report;
    expect(sizes.map(({ size }) => size)).toEqual([10]);
    const [result] = sizes as [SizeResult];
    expect(result.phases.map(({ name, booted }) => [name, booted])).toEqual([
      ['create and join', 10],
      ['idle', 0],
      ['grow by half', 5],
      ['delete', 0],
    ]);
    const created = phaseOf(result, 'create and join');
    // One PUT creates it; every VM fetches the agent and enrols; each costs storage, and none costs history.
    expect(created.arm).toMatchObject({ writes: 1, refused: 0 });
    expect(created.http.byCall['GET /api/workers/agent.cjs']).toBe(10);
    expect(created.http.byCall['POST /api/workers/enrol']).toBeGreaterThanOrEqual(10);
    expect(created.storage.byOperation['table: GET row of instances']).toBeGreaterThanOrEqual(10);
    expect(created.durable.activities['observeScaleSet']).toBeGreaterThan(0);
    expect(created.durable.events).toBeGreaterThan(10);
    expect(created.bootToEnrolledMs?.p99).toBeGreaterThan(0);
    expect(stdout).toContain('create and join');
    expect(readdirSync(folder)).toEqual(['report.json']);
  }, 120_000);

  it('refuses an argument it does not know and says how it is used', () => {
    const { status, stderr } = bench('--fast');
    expect(status).toBe(2);
    expect(stderr).toContain('usage: node dist/bench/scale-sets/main.js');
  });
});

const account = '/muster';

describe('the count of storage operations', () => {
  it.each([
    ['PUT', `${account}/musteragents(PartitionKey='a',RowKey='b')`, 'table: PUT row of agents'],
    ['GET', `${account}/musteragents()?$filter=PartitionKey eq 'a'`, 'table: query agents'],
    ['POST', `${account}/$batch`, 'table: batch'],
    ['GET', `${account}/work-1/messages?sv=2020&sig=x`, workQueuePoll],
    ['POST', `${account}/work-1/messages`, 'queue: POST message'],
    ['POST', `${account}/musterledger`, 'table: POST row of ledger'],
    ['DELETE', `${account}/work-1`, 'queue: DELETE queue'],
    ['PUT', `${account}/jobs?restype=container`, 'blob: PUT container'],
    ['PUT', `${account}/jobs/1/result`, 'blob: PUT'],
  ])('tells %s %s as %s', (method, url, name) => {
    expect(storageOperation(method, url)).toBe(name);
  });
});

function resultOf(size: number, changes: Partial<Phase> = {}): SizeResult {
  const phase: Phase = {
    name: 'create and join' satisfies PhaseName,
    wallSeconds: 1,
    booted: size,
    arm: { writes: 1, reads: 5, refused: 0, byOperation: {} },
    http: { total: size, byCall: {} },
    storage: { operations: 5 * size, workerLooks: 0, hostLooks: 0, byOperation: {} },
    durable: { events: 50, bytes: 1, activities: {} },
    hostCpuSeconds: 1,
    bootToEnrolledMs: { p50: 1, p99: 1 },
    lastBootToAllEnrolledMs: 5000,
    ...changes,
  };
  return { size, phases: [phase], hostPeakMiB: 1 };
}

describe('the verdict', () => {
  it('holds where every number does', () => {
    expect(findNotHeld([resultOf(10), resultOf(1000)])).toEqual([]);
  });

  it.each<[string, Partial<Phase>, string]>([
    ['many writes', { arm: { writes: 11, reads: 0, refused: 0, byOperation: {} } }, '11 writes'],
    ['a refused call', { arm: { writes: 1, reads: 0, refused: 1, byOperation: {} } }, '1 calls were refused'],
    ['a late enrolment', { lastBootToAllEnrolledMs: 10_001 }, '10001 ms after the last boot'],
    ['a VM that never enrolled', { lastBootToAllEnrolledMs: undefined }, 'Infinity ms'],
    ['history that grows', { durable: { events: 251, bytes: 1, activities: {} } }, '201 history events more'],
    [
      'storage that grows',
      { storage: { operations: 5600, workerLooks: 0, hostLooks: 0, byOperation: {} } },
      '5.60 storage operations a VM, 5.00 for 10 VMs',
    ],
  ])('names %s', (_what, changes, sentence) => {
    expect(findNotHeld([resultOf(10), resultOf(1000, changes)])).toEqual([expect.stringContaining(sentence)]);
  });

  it('takes what leases cost off the storage operations: time brings them, not the coming of VMs', () => {
    const leased = resultOf(1000, {
      http: { total: 1, byCall: { 'POST /api/workers/lease': 2000 } },
      storage: { operations: 9000, workerLooks: 0, hostLooks: 0, byOperation: {} },
    });
    expect(findNotHeld([resultOf(10), leased])).toEqual([]);
  });
});
