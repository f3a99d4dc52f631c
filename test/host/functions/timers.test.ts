import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HostProcess, until } from './support/host-process';

interface TimerRecord {
  timer: {
    isPastDue: boolean;
    schedule: object;
    scheduleStatus?: { last: string; next: string; lastUpdated: string };
  };
  running: number;
  retry: { retryCount: number; maxRetryCount: number; exception: { message: string } } | null;
}

const hour = 3_600_000;
const environment = {
  // Nobody listens there: the queue triggers of this app are of no interest here.
  AzureWebJobsStorage:
    'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:1/a;',
  AzureWebJobsOtherStorage:
    'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:1/a;',
  FAILING_QUEUE: 'failing-queue',
  NIGHTLY: '0 0 3 * * *',
};

describe('timer triggers', () => {
  let host: HostProcess;
  let stateDirectory: string;
  const records = (name: string) => host.json<TimerRecord[]>(`/api/records?of=${name}`);
  const untilFired = (name: string, count: number) =>
    until(async () => {
      const found = await records(name);
      return found.length >= count ? found : undefined;
    });
  const start = () =>
    HostProcess.start('trigger-app', { args: ['--control'], env: environment, stateDirectory });
  const clock = async (body: object) => {
    const response = await host.postJson('/admin/muster-host/clock', body, {
      'x-functions-key': host.ready.masterKey,
    });
    return { status: response.status, ...((await response.json()) as { now: string; scale: number }) };
  };

  beforeEach(async () => {
    stateDirectory = mkdtempSync(path.join(tmpdir(), 'muster-timers-'));
    host = await start();
  });
  afterEach(async () => {
    await host.stop();
    rmSync(stateDirectory, { recursive: true, force: true });
  });

  test('an NCRONTAB timer fires at its next occurrence, with its schedule status', async () => {
    expect(await records('hourly')).toEqual([]);
    await clock({ advanceMs: hour });
    const [first] = await untilFired('hourly', 1);
    expect(first?.timer).toMatchObject({ isPastDue: false, schedule: { adjustForDST: true } });
    expect(first?.timer.scheduleStatus?.next).toMatch(/:00:00\.000Z$/);
    await clock({ advanceMs: hour });
    const [, second] = await untilFired('hourly', 2);
    expect(second?.timer.scheduleStatus?.last).toBe(first?.timer.scheduleStatus?.next);
  });

  test('a timer with an interval, and one whose schedule is a setting, fire too', async () => {
    await clock({ advanceMs: 2 * hour + 1000 });
    await untilFired('everyTwoHours', 1);
    await clock({ advanceMs: 24 * hour });
    await untilFired('fromSetting', 1);
  });

  test('runOnStartup fires at start and not past due', async () => {
    const [record] = await untilFired('atStart', 1);
    expect(record?.timer.isPastDue).toBe(false);
  });

  test('a timer never runs twice at once, however short its interval', async () => {
    await clock({ scale: 50 });
    const seen = await untilFired('slowTimer', 4);
    expect(seen.every(({ running }) => running === 1)).toBe(true);
  });

  test('an occurrence missed while the host was away fires once after the restart, past due', async () => {
    await host.stop();
    const file = path.join(stateDirectory, 'timers.json');
    const stored = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { next: string }>;
    // As if the host had been away for five hours.
    for (const status of Object.values(stored)) {
      status.next = new Date(Date.parse(status.next) - 5 * hour).toISOString();
    }
    writeFileSync(file, JSON.stringify(stored));
    host = await start();
    const seen = await untilFired('everyTwoHours', 1);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.timer.isPastDue).toBe(true);
    await host.stop();
    host = await start();
    await untilFired('atStart', 1);
    expect(await records('everyTwoHours')).toEqual([]);
  });

  test('a failing timer is run again as its retry policy says', async () => {
    await host.postJson('/admin/functions/retried', {}, { 'x-functions-key': host.ready.masterKey });
    await untilFired('retried', 1);
    await clock({ advanceMs: 10 * 60_000 });
    await untilFired('retried', 2);
    await clock({ advanceMs: 10 * 60_000 });
    const seen = await untilFired('retried', 3);
    expect(seen.map(({ retry }) => retry?.retryCount)).toEqual([undefined, 1, 2]);
    expect(seen[2]?.retry).toMatchObject({ maxRetryCount: 2, exception: { message: 'the timer fails' } });
    await clock({ advanceMs: hour });
    await untilFired('hourly', 1);
    expect(await records('retried')).toHaveLength(3);
  });

  test('the stepped time outlives the host', async () => {
    const before = await clock({ advanceMs: 24 * hour });
    await host.stop();
    host = await start();
    expect(Date.parse((await clock({})).now)).toBeGreaterThanOrEqual(Date.parse(before.now));
  });

  test('a timer can be run by hand with the master key', async () => {
    const response = await host.postJson(
      '/admin/functions/hourly',
      {},
      { 'x-functions-key': host.ready.masterKey },
    );
    expect(response.status).toBe(202);
    await untilFired('hourly', 1);
  });

  test('a timer that is run by hand runs beside a run that is under way', async () => {
    const headers = { 'x-functions-key': host.ready.masterKey };
    const call = () => host.postJson('/admin/functions/meeting', {}, headers);
    expect((await call()).status).toBe(202);
    expect((await call()).status).toBe(202);
    // Each of them waits for the other.
    await untilFired('meeting', 2);
  });

  test('the clock control moves time forward only, and asks for the master key', async () => {
    const before = await clock({});
    const after = await clock({ advanceMs: hour, scale: 1 });
    expect(Date.parse(after.now) - Date.parse(before.now)).toBeGreaterThanOrEqual(hour);
    expect((await clock({ advanceMs: -1 })).status).toBe(400);
    expect((await clock({ scale: 0 })).status).toBe(400);
    expect((await host.postJson('/admin/muster-host/clock', { advanceMs: 1 })).status).toBe(401);
  });
});
