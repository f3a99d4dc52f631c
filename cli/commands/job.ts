import { flag, optional, required } from '../arguments/options';
import { choices, duration, text, wholeNumber } from '../arguments/values';
import { defineCommand } from '../command';
import { exitCodes } from '../exit-codes';
import { defined } from '../request-file';
import { jobOptions, submitAsAsked } from '../run/request';
import { take } from '../take';
import { say } from '../terminal';
import { attemptColumns, jobColumns, taskColumns } from './columns';
import { programWords } from './run';
import { JobFailedError } from '../../client';

const noun = 'job';
const positionals = { id: required(text('JOB'), 'id of the job') };

export const submitJob = defineCommand({
  noun,
  verb: 'submit',
  summary: 'hands a job over and prints its id',
  positionals: programWords,
  options: jobOptions,
  examples: [
    'muster job submit --scale-set cbox --array 100 -- ./simulate --seed 1',
    'muster job submit --vm solo --script train.py --interpreter python',
    'muster job wait "$(muster job submit --template cbox -- hostname)"',
  ],
  async run({ positionals: { program }, options }, { muster, output }) {
    const view = await submitAsAsked(muster.client, options, program);
    await output.word(view, view.id);
  },
});

const states = ['waiting', 'starting', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled'] as const;
const defaultLimit = 100;

export const listJobs = defineCommand({
  noun,
  verb: 'list',
  summary: 'newest first',
  positionals: {},
  options: {
    state: optional(choices(states), 'those in one of these states'),
    name: optional(text('BEGINNING'), 'those whose name begins so'),
    scaleSet: optional(text('NAME'), 'those of this scale set'),
    vm: optional(text('NAME'), 'those of this virtual machine'),
    limit: optional(wholeNumber('N', { min: 1 }), `so many at most (${defaultLimit})`),
  },
  async run({ options: { state, name, scaleSet, vm, limit = defaultLimit } }, { muster, output, terminal }) {
    const jobs = muster.jobs({ state, name, scaleSet, virtualMachine: vm });
    const { taken, isMore } = await take(jobs, limit);
    await output.list(taken, jobColumns);
    if (isMore) say(terminal, `There are more than these ${limit}: --limit N shows more.`);
  },
});

export const showJob = defineCommand({
  noun,
  verb: 'show',
  summary: 'how it stands, and why it waits',
  positionals,
  options: {},
  async run({ positionals: { id } }, { muster, output }) {
    await output.one(await muster.job(id).get(), jobColumns);
  },
});

export const waitForJob = defineCommand({
  noun,
  verb: 'wait',
  summary: 'returns once it has ended; fails where the job did',
  positionals,
  options: { timeout: optional(duration, 'gives up after so long; the job goes on (no limit)') },
  async run({ positionals: { id }, options: { timeout: timeoutMs } }, { muster, output, terminal }) {
    const job = muster.job(id);
    const view = await job.wait({ timeoutMs });
    await output.one(view, jobColumns);
    if (view.state === 'succeeded') return exitCodes.done;
    say(terminal, new JobFailedError(view, await job.failures()).message);
    return exitCodes.failed;
  },
});

export const listTasks = defineCommand({
  noun,
  verb: 'tasks',
  summary: 'its tasks, by their number',
  positionals,
  options: {
    state: optional(
      choices(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
      'those in one of these states',
    ),
  },
  async run({ positionals: { id }, options: { state } }, { muster, output }) {
    const tasks = [];
    for await (const task of muster.job(id).tasks())
      if (!state || state.includes(task.state)) tasks.push(task);
    await output.list(tasks, taskColumns);
  },
});

export const cancelJob = defineCommand({
  noun,
  verb: 'cancel',
  summary: 'what runs is told to end, what waits is not begun',
  positionals,
  options: {
    reason: optional(text('TEXT'), 'kept with the job'),
    grace: optional(duration, 'between SIGTERM and SIGKILL'),
    wait: flag('returns once it has ended'),
  },
  async run({ positionals: { id }, options: { reason, grace, wait } }, { muster, output }) {
    // Through the client: that a job had ended before is no success here.
    const view = await muster.client.cancelJob(id, defined({ reason, graceMs: grace }));
    await output.one(wait ? await muster.job(id).wait() : view, jobColumns);
  },
});

export const listAttempts = defineCommand({
  noun,
  verb: 'attempts',
  summary: 'every run of a task that is known, oldest first',
  positionals,
  options: { task: optional(wholeNumber('N'), 'of an array (0)') },
  async run({ positionals: { id }, options: { task } }, { muster, output }) {
    await output.list(await muster.job(id).attempts(task), attemptColumns);
  },
});

export const deleteJob = defineCommand({
  noun,
  verb: 'delete',
  summary: 'of one that has ended: its output goes, and all that is known of it',
  positionals,
  options: {},
  async run({ positionals: { id } }, { muster, output }) {
    await muster.job(id).delete();
    await output.done({ id, state: 'deleted' }, `Job '${id}' is gone.`);
  },
});
