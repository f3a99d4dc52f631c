import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Answer, ContestantOptions, Question } from './contestant';
import { holdVariable } from './gate';
import type { Line, Sample } from './lines';

const program = path.join(__dirname, 'contestant.js');
const running = new Set<ContestantProcess>();

/** A side of the comparison, seen from outside its process. */
export class ContestantProcess {
  private readonly child: ChildProcess;

  private constructor(
    private readonly options: ContestantOptions,
    environment: Record<string, string>,
  ) {
    this.child = fork(program, [JSON.stringify(options)], {
      // DBOS calls its driver in a way the driver warns of, on every start.
      execArgv: [...process.execArgv, '--no-deprecation'],
      env: { ...process.env, ...environment },
    });
    running.add(this);
    this.child.once('exit', () => running.delete(this));
  }

  static async start(options: ContestantOptions): Promise<ContestantProcess> {
    const contestant = new ContestantProcess(options, {});
    await contestant.ask({ ask: 'start' });
    return contestant;
  }

  /** Builds the history in one process, kills it, and has another finish the orchestration. */
  static async replay(options: ContestantOptions, { id, size }: Pick<Line, 'id' | 'size'>): Promise<Sample> {
    const victim = new ContestantProcess(options, { [holdVariable]: '1' });
    await victim.ask({ ask: 'start' });
    await victim.ask({ ask: 'prepare-replay', size });
    await victim.kill();
    const successor = new ContestantProcess(options, {});
    const sample = await successor.ask({ ask: 'measure', line: id, size });
    await successor.stop();
    return sample as Sample;
  }

  /** For a program that ends in the middle of it all. */
  static killAll(): void {
    for (const contestant of running) contestant.child.kill('SIGKILL');
  }

  async settings(): Promise<Record<string, string>> {
    return (await this.ask({ ask: 'settings' })) as Record<string, string>;
  }

  async measure({ id, size }: Pick<Line, 'id' | 'size'>): Promise<Sample> {
    return (await this.ask({ ask: 'measure', line: id, size })) as Sample;
  }

  async stop(): Promise<void> {
    await this.ask({ ask: 'stop' });
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    await gone;
  }

  private async kill(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private async ask(question: Question): Promise<unknown> {
    const { side } = this.options;
    const aborted = new AbortController();
    const { signal } = aborted;
    try {
      const answered = once(this.child, 'message', { signal });
      const gone = once(this.child, 'exit', { signal }).then(() => {
        throw new Error(`The process of ${side} ended while asked to ${question.ask}.`);
      });
      this.child.send(question);
      const [answer] = (await Promise.race([answered, gone])) as [Answer];
      if ('problem' in answer) throw new Error(`${side}, asked to ${question.ask}: ${answer.problem}`);
      return answer.result;
    } finally {
      aborted.abort();
    }
  }
}
