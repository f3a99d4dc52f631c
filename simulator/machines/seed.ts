import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INIT, STAGE_PRELUDE } from './boot-scripts';
import { planBoot } from './cloud-init/boot-plan';
import type { MachineSpec } from './contract';

/** Writes what process 1 reads, anew at each boot: it is mounted read-only beside the disk, never part of it. */
export async function writeSeed(folder: string, spec: MachineSpec): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'stages'), { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'files'), { mode: 0o700 });
  await writeFile(join(folder, 'instance-id'), spec.vmId);
  await writeFile(join(folder, 'init'), INIT);
  const { hostname, stages } = planBoot(spec);
  await writeFile(join(folder, 'hostname'), hostname);
  for (const [index, stage] of stages.entries()) {
    for (const file of stage.files ?? []) await writeFile(join(folder, 'files', file.name), file.content);
    if (stage.script === '') continue;
    const name = `${String(index).padStart(2, '0')}-${stage.name}${stage.frequency === 'once' ? '.once' : ''}`;
    await writeFile(join(folder, 'stages', name), `${STAGE_PRELUDE}\n${stage.script}\n`);
  }
}
