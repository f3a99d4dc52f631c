export type Filesystem = 'xfs' | 'ext4';

/** Stripes of the volume over local disks, as AzManagers has them. */
const stripeKib = 128;

/**
 * Blank is what `blkid` looked at and knew nothing of (exit code 2) and what can be read: a tool that is missing or a disk that
 * answers with an error must not look like a disk to be formatted.
 */
const isBlank = `is_blank() {
  blkid -p "$1" >/dev/null 2>&1
  [ $? -eq 2 ] && dd if="$1" of=/dev/null bs=4096 count=1 2>/dev/null
}`;

/** Makes a file system only where there is none: whatever a disk holds is kept (a reboot, a disk that was used before). */
const filesystemIfBlank = (device: string, filesystem: Filesystem): string =>
  `if is_blank ${device}; then mkfs.${filesystem} -q ${device} || exit 1; fi`;

/** World-writable as /tmp is: nobody deletes another's files. */
const mountOpen = (device: string, folder: string): string =>
  `mkdir -p ${folder}\nmount -o noatime ${device} ${folder} && chmod 1777 ${folder}`;

const tools = (probe: string, filesystem: Filesystem, packages: string): string => {
  const all = `${packages} ${filesystem === 'xfs' ? 'xfsprogs' : 'e2fsprogs'}`.trim();
  return `{ command -v ${probe} && command -v mkfs.${filesystem}; } >/dev/null || (apt-get update -q && apt-get install -qy ${all}) || dnf install -qy ${all}`;
};

/**
 * Every blank local NVMe disk in one striped volume. Disks of newer VM sizes that are remote (OS and data disks) are NVMe too, of
 * the model "MSFT NVMe Accelerator": those are left alone. A VM that was moved has new, blank disks and gets a new volume.
 */
export function scratchScript(filesystem: Filesystem, folder = '/scratch'): string {
  const device = '/dev/muster/scratch';
  return `#!/bin/sh
# Written by Muster: local NVMe disks as one volume.
set -u
${isBlank}
mountpoint -q ${folder} && exit 0
${tools('lvcreate', filesystem, 'lvm2')}
if ! vgs muster >/dev/null 2>&1; then
  disks= count=0
  for disk in $(lsblk -dnpo NAME,MODEL | grep '^/dev/nvme' | grep -v Accelerator | cut -d' ' -f1); do
    is_blank "$disk" && [ -z "$(lsblk -nro MOUNTPOINT "$disk" | tr -d '\\n')" ] || continue
    disks="$disks $disk" count=$((count + 1))
  done
  [ "$count" -gt 0 ] || { echo 'muster: there is no blank local NVMe disk' >&2; exit 1; }
  vgcreate muster $disks || exit 1
  lvcreate -y -W n -i "$count" -I ${stripeKib} -l 100%FREE -n scratch muster || exit 1
fi
vgchange -ay muster || exit 1
${filesystemIfBlank(device, filesystem)}
${mountOpen(device, folder)}
`;
}

/** Where Azure's udev rules show a data disk, SCSI or NVMe. */
const byLun = ['/dev/disk/azure/scsi1/lun', '/dev/disk/azure/data/by-lun/'];

/** Data disks by their number; each on its own, so that one that fails leaves the others usable. */
export function dataDisksScript(
  options: { filesystem: Filesystem; luns: number[] },
  places = { folder: '/scratch', byLun },
): string {
  const { filesystem, luns } = options;
  return `#!/bin/sh
# Written by Muster: data disks at ${places.folder}{lun}.
set -u
${isBlank}
${tools('blkid', filesystem, '')}
data_disk() (
  mountpoint -q "${places.folder}$1" && exit 0
  device= tries=0
  while :; do
    for link in ${places.byLun.map((prefix) => `"${prefix}$1"`).join(' ')}; do [ -e "$link" ] && device=$link; done
    [ -z "$device" ] || break
    tries=$((tries + 1)); [ "$tries" -le 30 ] || { echo "muster: data disk $1 is not there" >&2; exit 1; }
    sleep 1
  done
  [ ! -e "$device-part1" ] || device="$device-part1"
  ${filesystemIfBlank('"$device"', filesystem)}
  ${mountOpen('"$device"', `"${places.folder}$1"`)}
)
failed=0
for lun in ${luns.join(' ')}; do data_disk "$lun" || failed=1; done
exit $failed
`;
}
