/** Ends with this after it has ordered a reboot: the rest of the start-up waits for the next boot. */
export const rebooting = 75;

/**
 * Sets ECC and MIG of all GPUs. A mode that differs takes a reboot, and gets one: where it still differs after that (a GPU
 * without the mode under another name, a refusing driver), the VM goes on as it is and says so.
 */
export function nvidiaScript(
  { ecc, mig }: { ecc: boolean; mig: boolean },
  stateFolder = '/var/lib/muster',
): string {
  const wish = `ecc=${Number(ecc)} mig=${Number(mig)}`;
  const word = (isOn: boolean): string => (isOn ? 'Enabled' : 'Disabled');
  return `#!/bin/sh
# Written by Muster: modes of NVIDIA GPUs.
set -u
command -v nvidia-smi >/dev/null || { echo 'muster: no nvidia-smi on this image, GPU modes are left as they are' >&2; exit 0; }
# A GPU that lacks the mode answers [N/A] or [Not Supported].
differs() { nvidia-smi --query-gpu="$1.mode.current" --format=csv,noheader | grep -Ev '^ *(\\[|N/A)' | grep -qvx " *$2 *"; }
changed=
differs ecc ${word(ecc)} && nvidia-smi -e ${Number(ecc)} && changed=yes
differs mig ${word(mig)} && nvidia-smi -mig ${Number(mig)} && changed=yes
[ -n "$changed" ] || exit 0
marker=${stateFolder}/nvidia-rebooted
[ "$(cat "$marker" 2>/dev/null)" != '${wish}' ] || { echo 'muster: the GPU modes differ even after a reboot' >&2; exit 1; }
mkdir -p ${stateFolder} && echo '${wish}' > "$marker" && reboot && exit ${rebooting}
echo 'muster: the GPU modes need a reboot, which failed' >&2; exit 1
`;
}
