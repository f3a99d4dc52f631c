import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAEMON, leftOf, until } from './fleet-fixture';
import { bundleProgram, startProgram, threeMachines } from './simulator-process';
import { useReachableNode } from '../../support/reachable-node';

const node = useReachableNode();

describe('the simulator as a process', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'muster-machines-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('takes its VMs with it when it is killed', async () => {
    const program = bundleProgram(folder, threeMachines(DAEMON));
    const vms = join(folder, 'vms');
    const { child, output } = startProgram([process.execPath, program, vms]);
    await until(() => output().includes('booted'), 'the VMs');
    expect((await leftOf(vms)).length).toBeGreaterThan(3);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(async () => (await leftOf(vms)).length === 0, 'the VMs to die');
  });

  it('leaves nothing when it is killed at any moment of their boot', async () => {
    const program = bundleProgram(folder, threeMachines(DAEMON));
    let killedWhileBooting = 0;
    for (const delayMs of [20, 35, 50, 65, 80, 100, 130]) {
      const vms = join(folder, `vms-${delayMs}`);
      const { child, output } = startProgram([process.execPath, program, vms]);
      await until(() => output().includes('ready'), 'the simulator');
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill('SIGKILL');
      await once(child, 'exit');
      if (!output().includes('booted')) killedWhileBooting += 1;
      await until(async () => (await leftOf(vms)).length === 0, 'the VMs to die');
    }
    expect(killedWhileBooting).toBeGreaterThan(0);
  });

  it('boots VMs without being root where user namespaces are allowed, and says what to enable elsewhere', async () => {
    await chmod(folder, 0o755);
    const vms = join(folder, 'vms');
    await mkdir(vms);
    await chmod(vms, 0o777);
    const program = bundleProgram(
      folder,
      `import { openFleet, specOf } from './fleet-fixture';
openFleet({ rootFolder: process.argv[2] }).then(async ({ fleet, bootAndWait }) => {
  const machine = await bootAndWait(specOf(${JSON.stringify('#!/bin/sh\nid -u; node --version; mkdir -p /opt/own/closed; chmod 0 /opt/own\n')}));
  console.log(await machine.consoleLog());
  await machine.powerOff({ keepDisk: false });
  await fleet.close();
  console.log('closed, left: ' + require('fs').readdirSync(process.argv[2]).length);
}).catch((error) => console.log(error.message));`,
    );
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const { child, output } = startProgram([...nobody, node(), program, vms]);
    await once(child, 'exit');
    await until(() => /left: |namespaces/.test(output()), 'its last word');
    const booted = /^0\nv22\.\d+\.\d+\n[^]*closed, left: 0$/m;
    const refused = /does not let the simulator isolate a VM[^]*sysctl user\.max_user_namespaces/;
    expect(output()).toMatch(new RegExp(`${booted.source}|${refused.source}`, 'm'));
    expect(await leftOf(vms)).toEqual([]);
  });

  it('says what to enable on a machine that cannot isolate VMs', async () => {
    const program = bundleProgram(
      folder,
      `import { openFleet, specOf } from './fleet-fixture';
openFleet({ rootFolder: process.argv[2] })
  .then(({ fleet }) => fleet.boot(specOf()))
  .catch((error) => console.log('refused: ' + error.message));`,
    );
    const withoutTools = ['/usr/bin/env', 'PATH=/nonexistent'];
    const { child, output } = startProgram([...withoutTools, process.execPath, program, join(folder, 'vms')]);
    await once(child, 'exit');
    await until(() => output() !== '', 'its last word');
    expect(output()).toMatch(
      /^refused: .*Run it as root .*or enable unprivileged user namespaces.*util-linux/,
    );
  });
});
