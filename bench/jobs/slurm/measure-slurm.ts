import type { SlurmResult } from './report';
import { startSlurm } from './slurm';

export interface SlurmSizes {
  array: number;
  separate: number;
  /** Of jobs one upon the other, and of srun. */
  inARow: number;
  alone: number;
}

/** Eight as Muster has workers; more are better for its arrays, as each slot waits for the end of what it ran. */
const slotCounts = [8, 16, 64, 128];

/** A Slurm for each number of slots. Only the first is asked for what does not depend on it. */
export async function measureSlurm(
  sizes: SlurmSizes,
  { isQuick, say }: { isQuick: boolean; say(text: string): void },
): Promise<SlurmResult[]> {
  const results: SlurmResult[] = [];
  for (const slots of isQuick ? slotCounts.slice(0, 1) : slotCounts) {
    say(`Slurm with ${slots} slots`);
    results.push(await measureOne(slots, sizes));
  }
  return results;
}

async function measureOne(slots: number, sizes: SlurmSizes): Promise<SlurmResult> {
  const isFirst = slots === slotCounts[0];
  const few = Math.min(3, sizes.alone);
  const slurm = await startSlurm({ slots });
  try {
    await slurm.array(10);
    return {
      slots,
      settings: slurm.settings,
      array: await slurm.array(sizes.array),
      separate: await slurm.separate(sizes.separate),
      latency: await slurm.latency(isFirst ? sizes.inARow : few),
      latencyAlone: await slurm.latencyAlone(isFirst ? sizes.alone : few),
      srunLatency: await slurm.srunLatency(isFirst ? sizes.inARow : few),
    };
  } finally {
    await slurm.stop();
  }
}
