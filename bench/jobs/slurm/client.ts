import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { programs } from './install';

const drainLimitMs = 60_000;

/** Slurm's commands, as a user gives them. */
export class SlurmClient {
  constructor(private readonly environment: Record<string, string>) {}

  /** Resolves when sbatch has ended: the job is in the queue. */
  async submit(command: string, outputFile: string, ...options: string[]): Promise<void> {
    await this.run(programs.sbatch, [`--output=${outputFile}`, ...options, '--wrap', command]);
  }

  /** What the command wrote, once srun has ended. */
  runNow(...command: string[]): Promise<string> {
    return this.run(programs.srun, command);
  }

  async isNodeIdle(): Promise<boolean> {
    const state = await this.run(programs.sinfo, ['--noheader', '--format=%T']).catch(() => '');
    return state.trim() === 'idle';
  }

  /** Until Slurm is done with every job, what it does after a job's end included. */
  async drained(): Promise<void> {
    const deadline = performance.now() + drainLimitMs;
    for (;;) {
      const left = await this.run(programs.squeue, ['--noheader', '--array']);
      if (left === '') return;
      if (performance.now() > deadline) throw new Error(`Slurm does not get done with:\n${left}`);
      await delay(20);
    }
  }

  private async run(program: string, given: string[]): Promise<string> {
    const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'pipe'], env: this.environment });
    const [output, problem, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    if (code !== 0) throw new Error(`${program} ${given.join(' ')} (exit ${String(code)}): ${problem}`);
    return output;
  }
}
