import type { JobView, TaskEnd } from '../../shared/contracts';
import { howItEnded, howItStands, MusterError, type Job } from '../../client';
import { flag, optional } from '../arguments/options';
import { choice, texts } from '../arguments/values';
import { defineCommand, type Context } from '../command';
import { attend } from '../run/attend';
import { Console } from '../run/console';
import { exitCodeOfJob, runExitCodeMeanings, runExitCodes } from '../run/exit-code';
import {
  defaultOnInterrupt,
  holdInterrupts,
  onInterrupts,
  type EarlyInterrupts,
  type OnInterrupt,
} from '../run/interrupts';
import { jobOptions, submitAsAsked } from '../run/request';
import { linesOf } from '../error-lines';
import { say } from '../terminal';

export const programWords = {
  program: optional(texts('-- PROGRAM [ARGUMENT...]'), 'what each task runs, found on the PATH of the VM'),
};

export const run = defineCommand({
  noun: 'run',
  summary: 'runs a program there as if it ran here: its output, its exit status',
  description:
    "Its stdout and stderr come out here, byte by byte. Ctrl-C asks whether to cancel the job or to detach from it, and a second one\ndetaches at once; without a terminal Ctrl-C detaches. Nothing of Muster's own is mixed in where stderr is no terminal,\nunless something other than the program failed.",
  positionals: programWords,
  options: {
    ...jobOptions,
    detach: flag('prints the id of the job and leaves it alone', { short: 'd' }),
    onInterrupt: optional(
      choice(['ask', 'cancel', 'detach']),
      'what Ctrl-C does (ask; without a terminal detach)',
    ),
  },
  examples: [
    'muster run --vm solo -- nvidia-smi',
    'muster run --template cbox -- make -j8            # a VM of its own, gone afterwards',
    'muster run --scale-set cbox --array 100 -- ./simulate',
    'muster run --vm solo --script train.py --interpreter python',
  ],
  exitCodes: runExitCodeMeanings,
  async run({ positionals: { program }, options }, context) {
    const { muster, output, terminal } = context;
    const { detach, onInterrupt = defaultOnInterrupt(terminal) } = options;
    const early = holdInterrupts();
    try {
      const view = await submitAsAsked(muster.client.withSignal(early.signal), options, program);
      if (!detach) return await follow(muster.job(view.id), { context, onInterrupt, early });
      await output.word(view, view.id);
      return 0;
    } catch (error) {
      if (early.signal.aborted) return runExitCodes.interrupted;
      if (!(error instanceof MusterError)) throw error;
      for (const line of linesOf(error)) say(terminal, line);
      return runExitCodes.muster;
    }
  },
});

interface Following {
  context: Context;
  onInterrupt: OnInterrupt;
  early: EarlyInterrupts;
}

/** Until the job has ended, or is left alone. */
async function follow(job: Job, { context, onInterrupt, early }: Following): Promise<number> {
  const { output, terminal } = context;
  const console = new Console(terminal, { isQuiet: output.format === 'json' });
  const left = new AbortController();
  let signalled: 'SIGINT' | 'SIGTERM' = 'SIGINT';
  const interrupts = onInterrupts(terminal, console, {
    onInterrupt,
    cancel: () => {
      console.say(`Cancelling ${job.id}; Ctrl-C again detaches from it.`);
      // What becomes of it is seen in the job; of a call that fails here, too.
      job.cancel({ reason: 'Ctrl-C in muster run.' }).catch((error: Error) => console.say(error.message));
    },
    detach: (signal) => {
      signalled = signal;
      left.abort();
    },
  });
  const held = early.take();
  if (held) interrupts.react(held);
  try {
    const view = await attend(job, console, left.signal);
    if (output.format === 'json') await output.json(view);
    return await conclude(job, view, console);
  } catch (error) {
    if (!left.signal.aborted) throw error;
    console.say(howToGoOn(job.id));
    return signalled === 'SIGINT' ? runExitCodes.interrupted : runExitCodes.terminated;
  } finally {
    interrupts.end();
  }
}

/** What a program's exit status says, or its agent at the end of its stderr, is not said again. */
async function conclude(job: Job, view: JobView, console: Console): Promise<number> {
  if (view.state === 'succeeded') return 0;
  const failures = await job.failures();
  const untold = failures.filter(({ end }) => end === null || !toldEnds.includes(end));
  const isArray = view.tasks.total > 1;
  if (view.state === 'cancelled' || failures.length === 0 || isArray)
    console.say(`muster: job ${job.id} ${howItStands(view)}.`);
  for (const task of isArray ? failures : untold)
    console.say(`muster: task ${task.task} ${howItEnded(task)}.`);
  return exitCodeOfJob(view, failures);
}

const toldEnds: readonly TaskEnd[] = [
  'exited',
  'signalled',
  'timed-out',
  'program-missing',
  'program-not-executable',
  'working-directory-missing',
];

function howToGoOn(id: string): string {
  return [
    `muster: left ${id} alone; it goes on.`,
    `  follow it: muster job logs ${id} --follow`,
    `  wait:      muster job wait ${id}`,
    `  cancel it: muster job cancel ${id}`,
  ].join('\n');
}
