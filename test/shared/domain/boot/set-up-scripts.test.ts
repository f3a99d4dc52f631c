import { statSync, writeFileSync } from 'node:fs';
import { nvidiaScript } from '../../../../shared/domain/boot/nvidia-script';
import { dataDisksScript, scratchScript } from '../../../../shared/domain/boot/scratch-script';
import { guestTags } from '../../../../shared/domain';
import { GuestOptions } from '../../../../shared/contracts';
import { ToolsOnPath } from './set-up-on-path';

let tools: ToolsOnPath;
beforeEach(() => {
  tools = new ToolsOnPath();
});
afterEach(() => tools.dispose());

const changing = ['vgcreate', 'lvcreate', 'mkfs.xfs', 'mkfs.ext4', 'mount', 'nvidia-smi', 'reboot'];

/** Disks with a memory: what mkfs makes, blkid finds; what mount mounts is mounted until `reboot`. */
function disks(): void {
  for (const kind of ['xfs', 'ext4']) tools.tool(`mkfs.${kind}`, 'touch "$state/fs-$(basename "$2")"');
  tools.tool(
    'blkid',
    '[ ! -e "$state/fs-$(basename "$2")" ] && [ "$2" != /dev/nvme2n1 ] && exit 2; echo found',
  );
  tools.tool('dd', '[ ! -e "$state/unreadable" ]');
  tools.tool('mountpoint', '[ -e "$state/mounted-$(basename "$2")" ]');
  tools.tool('mount', 'touch "$state/mounted-$(basename "$4")"');
  tools.tool('vgs', '[ -e "$state/group" ]');
  tools.tool('vgcreate', 'touch "$state/group"');
  for (const name of ['lvcreate', 'vgchange']) tools.tool(name);
  tools.tool(
    'lsblk',
    `[ "$1" = -nro ] || cat <<END
/dev/sda Virtual_Disk
/dev/nvme0n1 Microsoft NVMe Direct Disk
/dev/nvme1n1 Microsoft NVMe Direct Disk
/dev/nvme2n1 Microsoft NVMe Direct Disk
/dev/nvme3n1 MSFT NVMe Accelerator v1.0
END`,
  );
}

describe('scratch over NVMe', () => {
  it('stripes the blank local disks, leaves the others alone, and is open as /tmp is', () => {
    disks();
    const folder = `${tools.folder}/scratch`;
    const ran = tools.run(scratchScript('xfs', folder), changing);
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.calls).toEqual([
      'vgcreate muster /dev/nvme0n1 /dev/nvme1n1',
      'lvcreate -y -W n -i 2 -I 128 -l 100%FREE -n scratch muster',
      'mkfs.xfs -q /dev/muster/scratch',
      `mount -o noatime /dev/muster/scratch ${folder}`,
    ]);
    expect(statSync(folder).mode & 0o7777).toBe(0o1777);
  });

  it('is mounted again after a reboot, and nothing is formatted', () => {
    disks();
    const script = scratchScript('ext4', `${tools.folder}/scratch`);
    tools.run(script, changing);
    expect(tools.run(script, changing).calls).toEqual([]);
    tools.tool('mountpoint', 'exit 1');
    expect(tools.run(script, changing).calls).toEqual([
      `mount -o noatime /dev/muster/scratch ${tools.folder}/scratch`,
    ]);
  });

  it('says so where there is no such disk', () => {
    disks();
    tools.tool('lsblk', 'echo /dev/nvme3n1 MSFT NVMe Accelerator v1.0');
    const ran = tools.run(scratchScript('xfs', `${tools.folder}/scratch`), changing);
    expect(ran).toMatchObject({ status: 1, calls: [] });
    expect(ran.stderr).toContain('no blank local NVMe disk');
  });
});

describe('data disks', () => {
  it('each is formatted once and mounted at every boot; one that holds something is never formatted', () => {
    disks();
    for (const lun of [0, 1, 7]) writeFileSync(`${tools.folder}/lun${lun}`, '');
    writeFileSync(`${tools.folder}/fs-lun7`, '');
    const places = { folder: `${tools.folder}/scratch`, byLun: [`${tools.folder}/lun`] };
    const script = dataDisksScript({ filesystem: 'xfs', luns: [0, 1, 7] }, places);
    const mounts = (lun: number) =>
      `mount -o noatime ${tools.folder}/lun${lun} ${tools.folder}/scratch${lun}`;
    const first = tools.run(script, changing);
    expect(first).toMatchObject({ status: 0 });
    const made = (lun: number) => `mkfs.xfs -q ${tools.folder}/lun${lun}`;
    expect(first.calls).toEqual([made(0), mounts(0), made(1), mounts(1), mounts(7)]);
    tools.tool('mountpoint', 'exit 1');
    expect(tools.run(script, changing).calls).toEqual([mounts(0), mounts(1), mounts(7)]);
  });

  it.each([
    ['that cannot be read', () => writeFileSync(`${tools.folder}/unreadable`, '')],
    ['that blkid fails on', () => tools.tool('blkid', 'exit 4')],
  ])('one %s is not taken for a blank one', (_sentence, spoil) => {
    disks();
    writeFileSync(`${tools.folder}/lun0`, '');
    spoil();
    const places = { folder: `${tools.folder}/scratch`, byLun: [`${tools.folder}/lun`] };
    const ran = tools.run(dataDisksScript({ filesystem: 'ext4', luns: [0] }, places), changing);
    expect(ran.calls.filter((call) => call.startsWith('mkfs'))).toEqual([]);
  });
});

describe('modes of NVIDIA GPUs', () => {
  const set = (mode: string): void =>
    tools.tool('nvidia-smi', `case $1 in --query-gpu=ecc*) ${mode};; --query*) echo "[N/A]";; esac`);
  const script = () => nvidiaScript({ ecc: true, mig: true }, `${tools.folder}/state`);

  it('a mode that differs is set with exactly one reboot; a boot that finds it still different goes on', () => {
    set('echo Enabled; echo Disabled');
    tools.tool('reboot');
    const first = tools.run(script(), changing);
    expect(first.status).toBe(75);
    expect(first.calls.filter((call) => !call.includes('query'))).toEqual(['nvidia-smi -e 1', 'reboot']);
    const second = tools.run(script(), changing);
    expect(second.status).toBe(1);
    expect(second.calls).not.toContain('reboot');
  });

  it('modes that are as wished, or that the GPU lacks, change nothing', () => {
    set('echo Enabled');
    tools.tool('reboot');
    const ran = tools.run(script(), changing);
    expect(ran.status).toBe(0);
    expect(ran.calls.filter((call) => !call.includes('query'))).toEqual([]);
  });
});

test('hyper-threading is a tag that Azure reads, and no tag where nothing is said of it', () => {
  const name = 'platformsettings.host_environment.disablehyperthreading';
  expect(guestTags(GuestOptions.parse({ hyperthreading: false }))).toEqual({ [name]: 'True' });
  expect(guestTags(GuestOptions.parse({ hyperthreading: true }))).toEqual({ [name]: 'False' });
  expect(guestTags(GuestOptions.parse({}))).toEqual({});
});
