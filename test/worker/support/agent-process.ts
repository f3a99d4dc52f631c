import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { until } from './until';

export const agentProgram = path.resolve(__dirname, '../../../dist/worker/agent.cjs');

/** The oldest Node a VM may have, when the run names one. */
const agentNode = process.env.MUSTER_TEST_AGENT_NODE ?? process.execPath;

interface LogLine {
  level: string;
  event: string;
  [field: string]: unknown;
}

/** The bundled agent as a process of its own. */
export class AgentProcess {
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  #stderr = '';

  constructor(configFile: string, environment: Record<string, string>) {
    this.#child = spawn(agentNode, [agentProgram, 'run', '--config', configFile], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      if (process.env.MUSTER_TEST_LOG) process.stderr.write(chunk);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get events(): LogLine[] {
    const lines = this.#stderr.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  logged(event: string): Promise<LogLine> {
    return until(`the agent logs ${event}`, () => this.events.find((line) => line.event === event));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
