import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../scripts/stack/free-port';
import { SlurmClient } from './client';
import {
  configurationText,
  mungeSocket,
  nodeName,
  placeSettings,
  slurmdEnvironment,
  type Settings,
} from './configuration';
import { programs } from './install';
import { endDaemon, isRunning, killProcessesWith, startDaemon, type Daemon } from './processes';

const startLimitMs = 30_000;
/** In memory: making and removing a job's files on a disk costs more than the job. */
const spoolParent = '/dev/shm';
const running = new Set<Cluster>();

/** A Slurm of one node on the loopback address: munged, slurmctld and slurmd, with all their files in folders of its own. */
export class Cluster {
  readonly client: SlurmClient;
  private readonly spoolFolder: string;
  private readonly environment: { PATH: string; SLURM_CONF: string };
  private readonly daemons: ChildProcess[] = [];
  private readonly daemonEnds: Promise<false>[] = [];

  private constructor(readonly folder: string) {
    this.spoolFolder = path.join(spoolParent, path.basename(folder));
    this.environment = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      SLURM_CONF: this.file('slurm.conf'),
    };
    this.client = new SlurmClient(this.environment);
    running.add(this);
  }

  static async start(settings: Settings, slots: number): Promise<Cluster> {
    const cluster = new Cluster(mkdtempSync(path.join(tmpdir(), 'muster-bench-slurm-')));
    try {
      await cluster.configure(settings, slots);
      await cluster.startDaemons();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const [munged, ...others] = this.daemons;
    await Promise.all(others.map(endDaemon));
    if (munged) await endDaemon(munged);
    this.remove();
  }

  /** For a program that ends in the middle of it all. */
  static killAll(): void {
    for (const cluster of running) cluster.remove();
  }

  /** Whatever still runs ends here: the jobs, which slurmd leaves alone when it ends, among them. */
  private remove(): void {
    killProcessesWith(`SLURM_CONF=${this.environment.SLURM_CONF}`);
    for (const folder of [this.folder, this.spoolFolder]) rmSync(folder, { recursive: true, force: true });
    running.delete(this);
  }

  private file(name: string): string {
    return path.join(this.folder, name);
  }

  private async configure(settings: Settings, slots: number): Promise<void> {
    const { folder, spoolFolder } = this;
    // munged refuses to have its socket where not every user can get to it.
    chmodSync(folder, 0o711);
    for (const made of [spoolFolder, this.file('state')]) mkdirSync(made);
    writeFileSync(this.file('munge.key'), randomBytes(128), { mode: 0o400 });
    const [slurmctldPort, slurmdPort] = [await freePort(), await freePort()];
    const place = { folder, spoolFolder, user: userInfo().username, slurmctldPort, slurmdPort };
    const text = configurationText({ ...placeSettings(place), ...settings }, slots);
    writeFileSync(this.environment.SLURM_CONF, text);
  }

  private async startDaemons(): Promise<void> {
    const socket = mungeSocket(this.folder);
    const files = ['key', 'pid', 'seed', 'log'].map((kind) => `--${kind}-file=${this.file(`munge.${kind}`)}`);
    this.start(programs.munged, ['--foreground', `--socket=${socket}`, ...files]);
    await this.until('munged listens', async () => existsSync(socket));
    this.start(programs.slurmctld, ['-D']);
    // Not every init (a container's, say) waits for the orphans that slurmd makes of the steps, and /proc full of dead ones slows them.
    this.start(programs.tini, ['-s', '--', programs.slurmd, '-D', '-N', nodeName], slurmdEnvironment);
    await this.until('the node is idle', () => this.client.isNodeIdle());
  }

  private start(program: string, given: string[], more: Daemon['environment'] = {}): void {
    const environment = { ...this.environment, ...more };
    const daemon = startDaemon({ program, arguments: given, environment, logFile: this.file('log') });
    this.daemons.push(daemon);
    this.daemonEnds.push(once(daemon, 'exit').then(() => false));
  }

  private async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + startLimitMs;
    // Slurm's commands are patient with a controller that has ended.
    while (!(await Promise.race([isSo(), ...this.daemonEnds]))) {
      if (performance.now() > deadline || !this.daemons.every(isRunning))
        throw new Error(
          `Slurm does not start: in vain until ${what}.\n${readFileSync(this.file('log'), 'utf8')}`,
        );
      await delay(50);
    }
  }
}
