import { Cluster } from './cluster';
import { slurmdEnvironment, tunedSettings, type Settings } from './configuration';
import { installSlurm } from './install';
import { alone, arrayOf, inARow, interactive, separately, type Latency, type Rate } from './measurements';

export interface SlurmOptions {
  /** How many jobs run at once, whatever the machine has of cores. */
  slots: number;
  /** Settings of slurm.conf that are to be others than the tuned ones. */
  changes?: Settings;
}

/** A running Slurm, and what is measured of it. */
export interface Slurm {
  /** What was set for speed, for the report. */
  settings: Settings;
  /** Of `echo hello` with sbatch, each submitted when the output of the one before is there. */
  latency(count: number): Promise<Latency>;
  /** Of the same on a Slurm that has had nothing to do for a while. */
  latencyAlone(count: number): Promise<Latency>;
  /** Of `echo hello` with srun, one after the other. */
  srunLatency(count: number): Promise<Latency>;
  /** Of one array job of so many tasks. */
  array(count: number): Promise<Rate>;
  /** Of so many calls of sbatch, 8 at once if not told otherwise. */
  separate(count: number, atOnce?: number): Promise<Rate>;
  stop(): Promise<void>;
}

/** Installs Slurm where it is missing. The one who starts it has to stop it. */
export async function startSlurm({ slots, changes = {} }: SlurmOptions): Promise<Slurm> {
  installSlurm();
  const settings = { ...tunedSettings, ...changes };
  const cluster = await Cluster.start(settings, slots);
  return {
    settings: { slots: String(slots), ...settings, ...slurmdEnvironment },
    latency: (count) => inARow(cluster, count),
    latencyAlone: (count) => alone(cluster, count),
    srunLatency: (count) => interactive(cluster, count),
    array: (count) => arrayOf(cluster, count),
    separate: (count, atOnce = 8) => separately(cluster, count, atOnce),
    stop: () => cluster.stop(),
  };
}

/** For a program that ends in the middle of it all. */
export function killSlurms(): void {
  Cluster.killAll();
}
