import { startImds, type Imds } from '../../../simulator/machines/imds/server';
import { type FleetFixture, imdsOf, ManualClock, openFleet, specOf, until } from './fleet-fixture';

interface EventDocument {
  DocumentIncarnation: number;
  Events: Record<string, unknown>[];
}

describe('scheduled events', () => {
  let clock: ManualClock;
  let imds: Imds;
  beforeEach(async () => {
    clock = new ManualClock();
    const tokenIssuer = { issue: () => ({ accessToken: '', expiresOn: 0 }) };
    // Its own address each time: fetch keeps connections to an address open.
    imds = await startImds(specOf('', { name: 'set_3' }), { clock, tokenIssuer, limitRate: false });
  });
  afterEach(() => imds.close());

  const call = (init: RequestInit = {}, version = '2020-07-01') =>
    fetch(`${imds.url}/metadata/scheduledevents?api-version=${version}`, {
      headers: { Metadata: 'true' },
      ...init,
    });
  const document = async (version?: string) => (await call({}, version)).json() as Promise<EventDocument>;
  const approve = (body: unknown) =>
    call({ method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

  it('are none on a quiet VM', async () => {
    expect(await document()).toEqual({ DocumentIncarnation: 1, Events: [] });
  });

  it('announce an eviction with its time, start it when the notice is over, and forget it', async () => {
    let hasStarted = false;
    const started = imds.scheduledEvents
      .schedule({ type: 'Preempt', noticeMs: 30_000, source: 'Platform' })
      .then(() => (hasStarted = true));
    const scheduled = await document();
    expect(scheduled).toEqual({
      DocumentIncarnation: 2,
      Events: [
        {
          EventId: expect.stringMatching(/^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$/),
          EventStatus: 'Scheduled',
          EventType: 'Preempt',
          ResourceType: 'VirtualMachine',
          Resources: ['set_3'],
          NotBefore: 'Sat, 11 Apr 2026 22:26:30 GMT',
          Description: expect.stringMatching(/Spot/),
          EventSource: 'Platform',
          DurationInSeconds: -1,
        },
      ],
    });
    clock.advance(29_000);
    expect(await document()).toEqual(scheduled);
    expect(hasStarted).toBe(false);
    clock.advance(1000);
    await started;
    expect(await document()).toMatchObject({
      DocumentIncarnation: 3,
      Events: [{ EventStatus: 'Started', NotBefore: '' }],
    });
    clock.advance(60_000);
    expect(await document()).toEqual({ DocumentIncarnation: 4, Events: [] });
  });

  it('start at once when approved, however often', async () => {
    const started = imds.scheduledEvents.schedule({ type: 'Terminate', noticeMs: 300_000, source: 'User' });
    const id = (await document()).Events[0]?.['EventId'];
    expect((await approve({ StartRequests: [{ EventId: id }] })).status).toBe(200);
    await started;
    expect(await document()).toMatchObject({
      DocumentIncarnation: 3,
      Events: [{ EventStatus: 'Started', EventSource: 'User' }],
    });
    expect((await approve({ StartRequests: [{ EventId: id }] })).status).toBe(200);
    expect(await document()).toMatchObject({ DocumentIncarnation: 3 });
  });

  it('are kept apart, and approved one by one', async () => {
    void imds.scheduledEvents.schedule({ type: 'Freeze', noticeMs: 900_000, source: 'Platform' });
    void imds.scheduledEvents.schedule({ type: 'Reboot', noticeMs: 900_000, source: 'User' });
    const events = (await document()).Events;
    await approve({ DocumentIncarnation: '3', StartRequests: [{ EventId: events[1]?.['EventId'] }] });
    expect((await document()).Events.map((event) => event['EventStatus'])).toEqual(['Scheduled', 'Started']);
  });

  it('refuse approvals that are malformed or of no known event', async () => {
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      {},
      { StartRequests: [] },
      { StartRequests: [{}] },
      { StartRequests: [{ EventId: 'none' }] },
    ]) {
      expect((await approve(body)).status).toBe(400);
    }
    expect((await call({ method: 'PUT', body: '{}' })).status).toBe(405);
    expect((await call({}, '2016-01-01')).status).toBe(400);
    expect((await call({ headers: {} })).status).toBe(400);
  });

  it('lack in older versions what came later', async () => {
    void imds.scheduledEvents.schedule({ type: 'Preempt', noticeMs: 1000, source: 'Platform' });
    const base = ['EventId', 'EventStatus', 'EventType', 'NotBefore', 'ResourceType', 'Resources'];
    const fields = async (version: string) => Object.keys((await document(version)).Events[0] ?? {}).sort();
    expect(await fields('2019-01-01')).toEqual(base);
    expect(await fields('2019-04-01')).toEqual([...base, 'Description'].sort());
    expect(await fields('2019-08-01')).toEqual([...base, 'Description', 'EventSource'].sort());
  });
});

describe('an eviction seen from inside a VM', () => {
  let fixture: FleetFixture;
  beforeAll(async () => (fixture = await openFleet()));
  afterAll(() => fixture.end());

  const WATCHER = `#!/bin/sh
echo "imds=$AZURE_POD_IDENTITY_AUTHORITY_HOST"
url="$AZURE_POD_IDENTITY_AUTHORITY_HOST/metadata/scheduledevents?api-version=2020-07-01"
while :; do
  id=$(curl -s -H Metadata:true "$url" | sed -n 's/.*"EventId":"\\([^"]*\\)".*/\\1/p')
  [ -n "$id" ] && break
done
echo "drained for $id"
curl -s -H Metadata:true -d "{\\"StartRequests\\":[{\\"EventId\\":\\"$id\\"}]}" "$url"
`;

  it('is noticed, approved and over long before its notice ends', async () => {
    const machine = await fixture.fleet.boot(specOf(WATCHER));
    await until(async () => (await imdsOf(machine)) !== '', 'the watcher');
    await machine.scheduleEvent({ type: 'Preempt', noticeMs: 600_000, source: 'Platform' });
    expect(await machine.consoleLog()).toMatch(/^drained for [0-9A-F-]{36}$/m);
    await machine.powerOff({ keepDisk: false });
  });

  it('ends waiting when the VM is powered off first', async () => {
    const machine = await fixture.fleet.boot(specOf());
    const event = machine.scheduleEvent({ type: 'Terminate', noticeMs: 600_000, source: 'User' });
    await machine.powerOff({ keepDisk: false });
    await event;
    await machine.scheduleEvent({ type: 'Preempt', noticeMs: 600_000, source: 'Platform' });
  });
});
