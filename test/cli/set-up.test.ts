import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BootLogView, ImportReport, type Manifest } from '../../shared/contracts';
import { useCommandLine } from '../support/command-line-place';
import { eventually, type LocalStack } from '../support/local-stack';
import type { Muster } from '../support/muster-process';

let stack: LocalStack;
let muster: Muster;
let folder: string;
useCommandLine((place) => ({ stack, muster, folder } = place));

describe("muster import: AzManagers' own folder", () => {
  const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA jane@example';
  let theirs: string;

  beforeAll(() => {
    theirs = path.join(folder, '.azmanagers');
    const fixtures = path.resolve(__dirname, '../fixtures/azmanagers');
    mkdirSync(theirs);
    for (const name of readdirSync(fixtures)) {
      const text = readFileSync(path.join(fixtures, name), 'utf8');
      const subscription = '11111111-1111-1111-1111-111111111111';
      writeFileSync(path.join(theirs, name), text.replaceAll(subscription, stack.simulator.subscriptionId));
    }
    const ssh = path.join(folder, 'ssh');
    mkdirSync(ssh);
    writeFileSync(path.join(ssh, 'azmanagers_rsa'), 'a private key');
    writeFileSync(path.join(ssh, 'azmanagers_rsa.pub'), `${publicKey}\n`);
    const file = path.join(theirs, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
    const ssh_public_key_file = path.join(ssh, 'azmanagers_rsa.pub');
    writeFileSync(file, JSON.stringify({ ...manifest, ssh_public_key_file }));
  });

  test('is taken over, with the public key that its manifest names; what is refused is told, and is the exit status', async () => {
    const { status, stdout } = await muster('import', theirs, '--output', 'json');
    const report = ImportReport.parse(JSON.parse(stdout.toString()));
    expect({ status, refused: report.refused }).toEqual({ status: 1, refused: 1 });
    expect((await muster.json<Manifest>('manifest', 'get')).sshPublicKeys).toEqual([publicKey]);
    const told = (await muster('import', theirs)).stdout.toString();
    expect(told).toMatch(
      /templates_vm\.json +cbox02 +taken-with-changes +\/api\/templates\/virtual-machine\/cbox02/,
    );
    expect(told).toMatch(/cbox-with-extension +refused/);
  });

  test('that is none is not taken for one: nothing is sent', async () => {
    for (const wrong of [path.join(folder, 'nothing'), path.join(folder, 'ssh')]) {
      const { status, stderr } = await muster('import', wrong);
      expect({ status, stderr: stderr.toString() }).toEqual({
        status: 2,
        stderr: expect.stringContaining(wrong) as string,
      });
    }
  });
});

test.each([
  ['scale-set', ['--capacity', '1']],
  ['vm', []],
])(
  'muster %s boot-log: what a VM told as it booted',
  async (noun, options) => {
    const kind = noun === 'vm' ? 'virtual-machine' : 'scale-set';
    const { template } = (await stack.client.getTemplate(kind, 'cbox'))!;
    const bootCommands = ['echo "waiting for Godot"; sleep 5'];
    await stack.client.putTemplate(kind, 'telling', { ...template, bootCommands });
    expect((await muster(noun, 'create', 'slow', '--template', 'telling', ...options)).status).toBe(0);
    const logs = await eventually('a boot log is kept', async () => {
      const kept = BootLogView.array().parse(await muster.json(noun, 'boot-log', 'slow'));
      return kept.length > 0 && kept;
    });
    const { vm } = logs[0]!;
    expect((await muster(noun, 'boot-log', 'slow', vm)).stdout.toString()).toContain('waiting for Godot\n');
    expect(await muster.json(noun, 'boot-log', 'slow', vm, '--source', 'reported')).toEqual({
      vm,
      text: expect.stringContaining('waiting for Godot') as string,
    });
    const nobody = await muster(noun, 'boot-log', 'slow', 'nobody');
    expect({ status: nobody.status, stderr: nobody.stderr.toString() }).toEqual({
      status: 3,
      stderr: expect.stringContaining("Of the boot of 'nobody' nothing is kept") as string,
    });
  },
  90_000,
);
