import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { type FleetFixture, openFleet, specOf, until } from './fleet-fixture';

describe('a VM on this machine', () => {
  let fixture: FleetFixture;
  beforeAll(async () => (fixture = await openFleet()));
  afterAll(() => fixture.end());

  it('has the environment of a plain VM and the address of IMDS, nothing more', async () => {
    const spec = specOf('#!/bin/sh\nenv | sort\nprintf "pid namespace: "; cat /proc/1/comm\n');
    const machine = await fixture.bootAndWait(spec);
    const names = (await machine.consoleLog()).match(/^[A-Z_]+(?==)/gm);
    expect(names).toEqual([
      'AZURE_POD_IDENTITY_AUTHORITY_HOST',
      'HOME',
      'INSTANCE_ID',
      'LANG',
      'PATH',
      'PWD',
    ]);
    expect(await machine.consoleLog()).toContain(
      `AZURE_POD_IDENTITY_AUTHORITY_HOST=http://${spec.privateIpAddress}:`,
    );
    expect(await machine.consoleLog()).toMatch(/pid namespace: (sh|dash|bash)\n/);
  });

  it('writes anywhere in its own root without touching the machine', async () => {
    const files = [
      '/opt',
      '/home',
      '/root',
      '/var/lib',
      '/tmp',
      '/run',
      '/srv',
      '/mnt',
      '/etc',
      '/usr/local/bin',
    ];
    const script = files
      .map((folder) => `echo x >${folder}/muster-isolation-probe && echo wrote ${folder}`)
      .join('\n');
    const machine = await fixture.bootAndWait(specOf(`#!/bin/sh\n${script}\n`));
    const log = await machine.consoleLog();
    for (const folder of files) {
      expect(log).toContain(`wrote ${folder}\n`);
      expect(existsSync(`${folder}/muster-isolation-probe`)).toBe(false);
    }
  });

  it('sees none of the machine: files, processes, disks, kernel settings, clock', async () => {
    const machine = await fixture.bootAndWait(
      specOf(`#!/bin/sh
ls -d ${process.cwd()} 2>&1
ls -A /home /root /opt
ps ax -o pid= | wc -l
mknod /tmp/disk b 254 0 || echo no disk
echo 1 >/proc/sys/vm/swappiness || echo no kernel setting
date -s '2001-01-01' >/dev/null || echo no clock
hostname changed && hostname
`),
    );
    const log = await machine.consoleLog();
    expect(log).toMatch(/ls: cannot access/);
    expect(log).toMatch(/\/home:\nazureuser\n\n\/opt:\n\n\/root:\n/);
    expect(Number(/^\s*(\d+)$/m.exec(log)?.[1])).toBeLessThan(10);
    for (const line of ['no disk', 'no kernel setting', 'no clock', 'changed'])
      expect(log).toContain(`\n${line}\n`);
    expect(hostname()).not.toBe('changed');
    expect(new Date().getFullYear()).toBeGreaterThan(2020);
  });

  it('finds Node 22, sh, bash and curl on its PATH', async () => {
    const machine = await fixture.bootAndWait(
      specOf('#!/bin/bash\nnode -p process.version\ncommand -v sh bash curl | wc -l\n'),
    );
    expect(await machine.consoleLog()).toMatch(/^v22\./m);
    expect(await machine.consoleLog()).toMatch(/^3$/m);
  });

  it('listens on the same port as its neighbour, each on its own address and found by its own name', async () => {
    const serve = `#!/bin/sh
nohup node -e '
const os = require("os"), http = require("http");
http.createServer((_, answer) => answer.end(os.hostname())).listen(8700, os.hostname());
' >/var/log/server.log 2>&1 &
`;
    const machines = await Promise.all(
      [specOf(serve), specOf(serve)].map((spec) => fixture.fleet.boot(spec)),
    );
    for (const { spec } of machines) {
      const get = () => fetch(`http://${spec.privateIpAddress}:8700/`).then((answer) => answer.text());
      await until(
        () =>
          get().then(
            () => true,
            () => false,
          ),
        'the VM to listen',
      );
      expect(await get()).toBe(spec.computerName);
    }
  });

  it('keeps an unprivileged user out of what root wrote, and lets root change user', async () => {
    const machine = await fixture.bootAndWait(
      specOf(`#!/bin/sh
echo secret >/root/secret
setpriv --reuid azureuser --regid azureuser --clear-groups sh -c 'id -un; cat /root/secret; cat /var/lib/waagent/CustomData; echo mine >/home/azureuser/file && echo wrote'
`),
    );
    const log = await machine.consoleLog();
    expect(log).toMatch(/^azureuser$/m);
    expect(log).not.toMatch(/^secret$/m);
    expect(log.match(/Permission denied/g)).toHaveLength(2);
    expect(log).toMatch(/^wrote$/m);
  });

  it('is refused when its id or its address is in use', async () => {
    const spec = specOf();
    const machine = await fixture.fleet.boot(spec);
    await expect(fixture.fleet.boot({ ...spec, resourceId: spec.resourceId.toUpperCase() })).rejects.toThrow(
      'has processes already',
    );
    await expect(fixture.fleet.boot(specOf('', { privateIpAddress: spec.privateIpAddress }))).rejects.toThrow(
      `Address ${spec.privateIpAddress} belongs to VM ${spec.resourceId}`,
    );
    await machine.powerOff({ keepDisk: false });
    await (
      await fixture.fleet.boot(specOf('', { privateIpAddress: spec.privateIpAddress }))
    ).powerOff({ keepDisk: false });
  });
});

describe('a VM where overlay mounts are not to be had', () => {
  it('has its own /etc and /usr/local, users and Node, and a read-only /usr', async () => {
    const fixture = await openFleet({ overlay: false });
    const machine = await fixture.bootAndWait(
      specOf(`#!/bin/sh
echo x >/etc/muster-isolation-probe && echo x >/usr/local/bin/tool && echo wrote
touch /usr/bin/muster-isolation-probe
getent passwd azureuser
node -p process.version
`),
    );
    const log = await machine.consoleLog();
    expect(log).toMatch(/^wrote\ntouch: .*Read-only file system\nazureuser:.*\nv22\./m);
    expect(existsSync('/etc/muster-isolation-probe')).toBe(false);
    await machine.powerOff({ keepDisk: true });
    expect(await (await fixture.bootAndWait(machine.spec)).consoleLog()).toContain(log);
    await fixture.end();
  });
});
