import { readdir, readFile } from 'node:fs/promises';
import type { Machine } from '../../../simulator/machines/index';
import { DAEMON, type FleetFixture, imdsOf, leftOf, openFleet, specOf, until } from './fleet-fixture';

const isUp = ({ spec }: Machine) =>
  fetch(`http://${spec.privateIpAddress}:8701/`).then(
    () => true,
    () => false,
  );

describe('power', () => {
  let fixture: FleetFixture;
  beforeEach(async () => (fixture = await openFleet()));
  afterEach(() => fixture.end());

  it('goes on running after its boot commands have ended, until it is powered off', async () => {
    const machine = await fixture.bootAndWait(specOf(DAEMON));
    await until(() => isUp(machine), 'the daemon');
    expect(machine.state()).toBe('running');
    expect(fixture.fleet.running()).toEqual([machine]);
    await machine.powerOff({ keepDisk: false });
    expect(machine.state()).toBe('stopped');
    expect(fixture.fleet.running()).toEqual([]);
  });

  it('ends every process, daemons too, frees the address and closes IMDS when powered off', async () => {
    const machine = await fixture.bootAndWait(specOf(DAEMON));
    await until(() => isUp(machine), 'the daemon');
    const imds = `${await imdsOf(machine)}/metadata/versions`;
    expect((await fetch(imds, { headers: { Metadata: 'true' } })).status).toBe(200);
    await machine.powerOff({ keepDisk: false });
    expect(await isUp(machine)).toBe(false);
    await expect(fetch(imds)).rejects.toThrow();
    expect(await leftOf(fixture.rootFolder)).toEqual([]);
    expect(await readdir(fixture.rootFolder)).toEqual([]);
    await machine.powerOff({ keepDisk: false });
  });

  it('may be powered off in the middle of its boot commands', async () => {
    const machine = await fixture.fleet.boot(specOf('#!/bin/sh\necho begun\nsleep 1000\n'));
    await until(async () => (await machine.consoleLog()).includes('begun'), 'the boot command');
    await machine.powerOff({ keepDisk: false });
    expect(machine.bootFinished()).toBe(false);
    expect(await leftOf(fixture.rootFolder)).toEqual([]);
  });

  it('runs bootcmd and per-boot scripts again from a kept disk, but nothing that is once for an instance', async () => {
    const customData = `#cloud-config
bootcmd: [echo bootcmd ran]
write_files:
- {path: /opt/counter, content: start}
- {path: /var/lib/cloud/scripts/per-boot/agent.sh, permissions: '0755', content: "#!/bin/sh\\necho per-boot sees $(cat /opt/counter)\\n"}
runcmd: [echo runcmd ran, echo later >/opt/counter]
`;
    const spec = specOf(customData);
    const first = await fixture.bootAndWait(spec);
    expect(await first.consoleLog()).toMatch(/bootcmd ran\n[^]*per-boot sees start\n[^]*runcmd ran\n/);
    await first.powerOff({ keepDisk: true });
    const before = (await first.consoleLog()).length;

    const second = await fixture.fleet.boot({
      ...spec,
      privateIpAddress: spec.privateIpAddress.replace(/\d+$/, '250'),
    });
    await until(
      async () => /\(simulated\) finished/.test((await second.consoleLog()).slice(before)),
      'the second boot',
    );
    const log = (await second.consoleLog()).slice(before);
    expect(log).toMatch(/bootcmd ran\n[^]*per-boot sees later\n/);
    expect(log).not.toContain('runcmd ran');
    await second.powerOff({ keepDisk: false });
  });

  it('gets a fresh disk when a VM of the same name is another VM', async () => {
    const spec = specOf('#!/bin/sh\nls /opt/mark 2>&1; touch /opt/mark\n');
    await (await fixture.bootAndWait(spec)).powerOff({ keepDisk: true });
    const other = await fixture.bootAndWait({ ...spec, vmId: '00000000-0000-0000-0000-00000000ffff' });
    expect(await other.consoleLog()).toContain('cannot access');
  });

  it('stops when it shuts itself down, and can be started again', async () => {
    const spec = specOf(
      '#cloud-config\nbootcmd: [echo bootcmd ran]\nruncmd: [nohup sleep 1000 &, shutdown -h now, sleep 1000]\n',
    );
    const machine = await fixture.fleet.boot(spec);
    await until(() => machine.state() === 'stopped', 'the VM to stop');
    expect(await leftOf(fixture.rootFolder)).toEqual([]);
    await until(() => fixture.fleet.running().length === 0, 'the fleet to know');
    const again = await fixture.bootAndWait(spec);
    expect((await again.consoleLog()).match(/bootcmd ran/g)).toHaveLength(2);
  });

  it('reaps what its daemons leave behind', async () => {
    const machine = await fixture.bootAndWait(
      specOf(`#!/bin/bash
for i in 1 2 3 4 5; do (setsid sleep 0.01 & ); done
while [ "$(ps -e -o comm= | grep -c sleep)" -gt 0 ]; do :; done
echo none left
`),
    );
    expect(await machine.consoleLog()).toContain('none left');
  });

  it('boots forty VMs at once, and closing the fleet leaves no process and no mount', async () => {
    const cpuBefore = await cpuOfChildrenMs();
    const machines = await Promise.all(
      Array.from({ length: 40 }, () => fixture.bootAndWait(specOf('#!/bin/sh\ntrue\n'))),
    );
    expect(fixture.fleet.running()).toHaveLength(40);
    expect(await leftOf(fixture.rootFolder)).not.toEqual([]);
    await fixture.fleet.close();
    expect(machines.map((machine) => machine.state())).toEqual(Array(40).fill('stopped'));
    expect(await leftOf(fixture.rootFolder)).toEqual([]);
    expect(await readFile('/proc/mounts', 'utf8')).not.toContain(fixture.rootFolder);
    const each = ((await cpuOfChildrenMs()) - cpuBefore) / 40;
    // Measured: 56 ms, most of it starting shells; the margin is for busier machines.
    expect(each).toBeLessThan(200);
    await expect(fixture.fleet.boot(specOf())).rejects.toThrow('closed');
  });
});

/** User and system time of all processes that this one has waited for, theirs included. */
async function cpuOfChildrenMs(): Promise<number> {
  const fields = (await readFile('/proc/self/stat', 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}
