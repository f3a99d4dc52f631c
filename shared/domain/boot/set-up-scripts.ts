import type { GuestOptions } from '../../contracts';
import { nvidiaScript } from './nvidia-script';
import type { SetUpScript } from './places';
import { dataDisksScript, scratchScript } from './scratch-script';

/** The scripts that a VM's options ask for, in the order they run: the one that may reboot comes first. */
export function setUpScripts(guest: GuestOptions | undefined, dataDiskLuns: number[]): SetUpScript[] {
  const scripts: SetUpScript[] = [];
  const add = (stage: string, content: string): void => {
    scripts.push({ stage, path: `/opt/muster/${stage}.sh`, content });
  };
  if (guest?.nvidia) add('nvidia', nvidiaScript(guest.nvidia));
  if (guest?.scratch) add('scratch', scratchScript(guest.scratch.filesystem));
  if (guest?.dataDisks && dataDiskLuns.length > 0) {
    add('data-disks', dataDisksScript({ ...guest.dataDisks, luns: dataDiskLuns }));
  }
  return scripts;
}

/** Azure's own switch is a tag of the scale set or VM, read when a VM is allocated. */
export function guestTags(guest: GuestOptions | undefined): Record<string, string> {
  if (guest?.hyperthreading === undefined) return {};
  const isOff = guest.hyperthreading ? 'False' : 'True';
  return { 'platformsettings.host_environment.disablehyperthreading': isOff };
}
