import type { OutputStream } from '../../shared/contracts';
import type { Job, OutputOptions } from '../../client';
import { flag, optional, required } from '../arguments/options';
import { choice, text, wholeNumber } from '../arguments/values';
import { defineCommand } from '../command';
import { Misuse } from '../exit-codes';
import { write } from '../terminal';

export const readLogs = defineCommand({
  noun: 'job',
  verb: 'logs',
  summary: 'what a task has written: its stdout to stdout, its stderr to stderr, byte by byte',
  positionals: { id: required(text('JOB'), 'id of the job') },
  options: {
    task: optional(wholeNumber('N'), 'of an array (0)'),
    stream: optional(choice(['stdout', 'stderr']), 'one of the two alone (both)'),
    attempt: optional(
      text('ATTEMPT'),
      'one run of it alone, as job attempts lists them (the one that counts)',
    ),
    follow: flag('goes on until the task has ended', { short: 'f' }),
  },
  examples: ['muster job logs JOB --follow', 'muster job logs JOB --task 7 --stream stderr 2>errors.txt'],
  async run({ positionals: { id }, options }, { muster, output, terminal }) {
    const { task = 0, stream: only, attempt, follow } = options;
    const streams: OutputStream[] = only ? [only] : ['stdout', 'stderr'];
    const job = muster.job(id);
    if (output.format === 'json') {
      if (follow) throw new Misuse(['--follow goes on and on, and JSON is one document: leave one away']);
      const texts = streams.map(async (stream) => [stream, await textOf(job, { task, stream, attempt })]);
      return output.json({ task, ...Object.fromEntries(await Promise.all(texts)) });
    }
    const copy = async (stream: OutputStream): Promise<void> => {
      const address = { task, stream, attempt };
      const source = follow ? job.follow(address) : [await job.output(address)];
      for await (const bytes of source) await write(terminal[stream], bytes);
    };
    await Promise.all(streams.map(copy));
  },
});

async function textOf(job: Job, address: OutputOptions): Promise<string> {
  return Buffer.from(await job.output(address)).toString();
}
