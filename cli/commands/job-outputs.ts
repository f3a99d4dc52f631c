import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { OutputFileView } from '../../shared/contracts';
import type { Job } from '../../client';
import { optional, required } from '../arguments/options';
import { text, wholeNumber } from '../arguments/values';
import { defineCommand } from '../command';
import { Misuse } from '../exit-codes';
import { say } from '../terminal';
import { outputFileColumns } from './columns';

export const listOutputs = defineCommand({
  noun: 'job',
  verb: 'outputs',
  summary: 'files that a task has left in its outputs folder: lists them, or fetches them',
  positionals: { id: required(text('JOB'), 'id of the job') },
  options: {
    task: optional(wholeNumber('N'), 'of an array (0)'),
    to: optional(text('FOLDER'), 'fetches all of them into this folder'),
  },
  async run({ positionals: { id }, options: { task, to } }, { muster, output, terminal }) {
    const job = muster.job(id);
    const files = await job.outputs({ task });
    if (to !== undefined) {
      for (const file of files) await fetchFile(job, { file, task, folder: resolve(to) });
      say(terminal, `${files.length} files are in ${to}.`);
    }
    if (to === undefined || output.format === 'json') await output.list(files, outputFileColumns);
  },
});

interface Fetched {
  file: OutputFileView;
  task: number | undefined;
  folder: string;
}

/** The names are the task's: none may lead out of the folder. */
async function fetchFile(job: Job, { file, task, folder }: Fetched): Promise<void> {
  const place = resolve(folder, file.name);
  if (!place.startsWith(folder + sep))
    throw new Misuse([`'${file.name}' leads out of the folder: not fetched`]);
  await mkdir(dirname(place), { recursive: true });
  const body = await job.openOutput(file.name, { task });
  await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(place));
}
