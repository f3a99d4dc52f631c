import { gzipSync } from 'node:zlib';
import { type FleetFixture, openFleet, specOf } from './fleet-fixture';

describe('a VM booted from customData', () => {
  let fixture: FleetFixture;
  beforeAll(async () => (fixture = await openFleet()));
  afterAll(() => fixture.end());

  async function consoleOf(customData: string | Buffer): Promise<string> {
    const base64 = Buffer.from(customData).toString('base64');
    const machine = await fixture.bootAndWait(specOf('', { customData: base64 }));
    const text = await machine.consoleLog();
    await machine.powerOff({ keepDisk: false });
    return text;
  }

  /** What the boot's commands printed, without cloud-init's own lines. */
  const printed = (log: string) =>
    log.split('\n').filter((line) => line !== '' && !/^\d{4}-|\(simulated\) finished/.test(line));

  it('writes files with their content, permissions and owner before it runs commands', async () => {
    const log = await consoleOf(`#cloud-config
write_files:
- path: /opt/agent/conf/plain.txt
  content: |
    two
    lines
- path: /etc/agent.env
  content: SECRET=1
  permissions: '0600'
- path: /opt/octal.sh
  permissions: 0755
  content: "#!/bin/sh\\necho ran octal.sh\\n"
- {path: /opt/b64, encoding: b64, content: ${Buffer.from('from base64').toString('base64')}}
- {path: /opt/gz, encoding: gz+b64, content: ${gzipSync('from gzip').toString('base64')}}
- {path: /opt/b64, append: true, content: ', appended'}
- {path: /opt/nobody, owner: 'nobody:root', content: ''}
runcmd:
- stat -c '%n %a %U:%G' /opt/agent/conf/plain.txt /etc/agent.env /opt/octal.sh /opt/nobody
- cat /opt/agent/conf/plain.txt
- /opt/octal.sh
- cat /opt/b64; echo; cat /opt/gz; echo
`);
    expect(printed(log)).toEqual([
      '/opt/agent/conf/plain.txt 644 root:root',
      '/etc/agent.env 600 root:root',
      '/opt/octal.sh 755 root:root',
      '/opt/nobody 644 nobody:root',
      ...['two', 'lines', 'ran octal.sh', 'from base64, appended', 'from gzip'],
    ]);
  });

  it('runs bootcmd, then files, users and deferred files, then shell scripts and runcmd', async () => {
    const log = await consoleOf(`#cloud-config
bootcmd:
- test -e /opt/file || echo bootcmd before files
- [sh, -c, 'echo "$INSTANCE_ID" | cut -c1-8']
write_files:
- {path: /opt/file, content: x}
- {path: /home/worker/deferred, owner: 'worker:crew', defer: true, content: y}
groups: [crew]
users:
- default
- {name: worker, groups: crew, shell: /bin/sh, uid: 4321, sudo: ALL=(ALL) NOPASSWD:ALL, ssh_authorized_keys: [ssh-ed25519 AAAA me]}
runcmd:
- stat -c '%U:%G' /home/worker/deferred
- id worker
- 'getent passwd azureuser | cut -d: -f6,7'
- cat /home/worker/.ssh/authorized_keys /etc/sudoers.d/90-cloud-init-users
`);
    expect(printed(log)).toEqual([
      'bootcmd before files',
      '5c08b38e',
      'worker:crew',
      expect.stringMatching(/^uid=4321\(worker\) gid=\d+\(worker\) groups=\d+\(worker\),\d+\(crew\)$/),
      '/home/azureuser:/bin/bash',
      'ssh-ed25519 AAAA me',
      'azureuser ALL=(ALL) NOPASSWD:ALL',
      'worker ALL=(ALL) NOPASSWD:ALL',
    ]);
  });

  it('goes on after a failing command, keeps list words apart and reports the last failure', async () => {
    const log = await consoleOf(`#cloud-config
runcmd:
- false
- 'false'
- no-such-program
- [printf, '<%s>\\n', "it's", 'two words', '$HOME', 3]
- cd /opt
- pwd; set -- state kept
- echo "$*"; exit 3
`);
    expect(log).toContain('Unable to shellify type boolean');
    expect(printed(log).join()).not.toContain('<');
    const mended = await consoleOf(`#cloud-config
runcmd:
- 'false'
- no-such-program
- [printf, '<%s>\\n', "it's", 'two words', '$HOME', 3]
- cd /opt
- pwd; set -- state kept
- echo "$*"; exit 3
`);
    expect(printed(mended).slice(1)).toEqual([
      "<it's>",
      '<two words>',
      '<$HOME>',
      '<3>',
      '/opt',
      'state kept',
    ]);
    expect(printed(mended)[0]).toContain('no-such-program: not found');
    expect(mended).toContain('Failed running /var/lib/cloud/instance/scripts/runcmd [3]');
  });

  it('runs a shell script by its own interpreter, gzipped too', async () => {
    expect(
      printed(await consoleOf('#!/bin/bash\necho "bash ${BASH_VERSINFO[0]} as $(id -un)"; exit 0\n')),
    ).toEqual([expect.stringMatching(/^bash \d+ as root$/)]);
    expect(
      printed(
        await consoleOf(
          gzipSync('#!/usr/bin/env node\nconsole.log("node", process.version.split(".")[0])\n'),
        ),
      ),
    ).toEqual(['node v22']);
  });

  it('takes apart a MIME message: scripts in the order of their names, before runcmd', async () => {
    const log = await consoleOf(
      [
        'Content-Type: multipart/mixed; boundary="==B=="',
        'MIME-Version: 1.0',
        '',
        '--==B==',
        'Content-Type: text/cloud-config; charset="us-ascii"',
        '',
        '#cloud-config',
        'runcmd: [echo replaced]',
        'write_files: [{path: /opt/kept, content: kept}]',
        '--==B==',
        'Content-Type: text/x-shellscript',
        'Content-Disposition: attachment; filename="20-second.sh"',
        'Content-Transfer-Encoding: base64',
        '',
        Buffer.from('#!/bin/sh\necho second\n').toString('base64'),
        '--==B==',
        'Content-Type: text/x-shellscript; name="10-first.sh"',
        '',
        '#!/bin/sh',
        'echo first; cat /opt/kept; echo',
        '--==B==',
        'Content-Type: text/plain',
        '',
        '#cloud-config',
        'runcmd: [echo runcmd of the later part]',
        '--==B==--',
        'no part',
        '',
      ]
        .join('\r\n')
        .replace(/\r\n/g, '\n'),
    );
    expect(printed(log)).toEqual(['first', 'kept', 'second', 'runcmd of the later part']);
  });

  it('names every key it does not know and every package it cannot install', async () => {
    const log = await consoleOf(`#cloud-config
mounts: [[/dev/sdc, /data]]
disk_setup: {}
packages: [bash, no-such-package-anywhere]
`);
    for (const key of ['mounts', 'disk_setup']) {
      expect(log).toMatch(
        new RegExp(`WARNING\\]: cloud-config key '${key}' is not supported by the simulated VM`),
      );
    }
    expect(log).not.toContain("key 'packages'");
    expect(log).toContain("Failed to install packages: ['no-such-package-anywhere']");
    expect(log).toContain('bash is already installed');
  });

  it('boots with a warning from broken YAML, unknown text, bad entries and an unknown owner', async () => {
    expect(await consoleOf('#cloud-config\nruncmd: [unclosed\n')).toContain('Failed loading yaml blob');
    expect(await consoleOf('just text')).toContain('Unhandled non-multipart (text/x-not-multipart) userdata');
    expect(await consoleOf('#include\nhttp://example.com\n')).toContain(
      'text/x-include-url is not supported',
    );
    expect(await consoleOf(Buffer.from([0x1f, 0x8b, 0, 1, 2]))).toContain('Failed to gunzip');
    const log = await consoleOf(`#cloud-config
write_files:
- {content: nowhere}
- {path: /opt/first, permissions: rwx, content: x}
- {path: /opt/first, append: yes, encoding: rot13, content: y}
- {path: /opt/second, owner: 'not-there:not-there', content: x}
- {path: /opt/third, content: x}
runcmd: [ls /opt]
`);
    expect(log).toContain('No path provided to write for entry 1');
    expect(log).toContain('Unknown encoding type rot13');
    expect(log).toContain("Undecodable permissions 'rwx'");
    expect(log).toContain("Unknown user or group: 'not-there:not-there'");
    expect(printed(log).slice(-2)).toEqual(['first', 'second']);
  });

  it('boots without customData, and takes the host name from cloud-config before the computer name', async () => {
    const silent = await fixture.bootAndWait(specOf('', { customData: '' }));
    expect(printed(await silent.consoleLog())).toEqual([]);
    await silent.powerOff({ keepDisk: false });
    expect(printed(await consoleOf('#!/bin/sh\nhostname; cat /etc/hostname\n'))).toEqual([
      expect.stringMatching(/^vm\d+$/),
      expect.stringMatching(/^vm\d+$/),
    ]);
    expect(
      printed(await consoleOf('#cloud-config\nfqdn: node7.cluster.local\nruncmd: [hostname]\n')),
    ).toEqual(['node7']);
  });

  it('boots from userData where there is no customData', async () => {
    const userData = Buffer.from('#!/bin/sh\necho from userData\n').toString('base64');
    const alone = await fixture.bootAndWait(specOf('', { userData }));
    expect(printed(await alone.consoleLog())).toEqual(['from userData']);
    const both = await fixture.bootAndWait(specOf('#!/bin/sh\necho from customData\n', { userData }));
    expect(printed(await both.consoleLog())).toEqual(['from customData']);
  });

  it('keeps the output of the boot commands in /var/log/cloud-init-output.log and the customData in its usual files', async () => {
    const text =
      '#!/bin/sh\necho to the log\ncat /var/log/cloud-init-output.log >/opt/copy\nbase64 -d /var/lib/waagent/CustomData\n';
    const log = await consoleOf(
      `${text}until grep -q 'to the log' /var/log/cloud-init-output.log; do :; done; cat /var/log/cloud-init-output.log | grep -c 'to the log$'; cmp /var/lib/cloud/instance/user-data.txt "$0" && echo same\n`,
    );
    expect(log).toContain(text);
    expect(log).toMatch(/\n[1-9]\n/);
    expect(log).toContain('\nsame\n');
  });
});
