import { optional, required } from '../arguments/options';
import { choice, text, wholeNumber } from '../arguments/values';
import { defineCommand } from '../command';
import { found } from '../missing';
import { take } from '../take';
import { say } from '../terminal';
import { submissionColumns } from './columns';

const noun = 'submission';
const defaultLimit = 100;

export const listSubmissions = defineCommand({
  noun,
  verb: 'list',
  summary: 'newest first',
  positionals: {},
  options: {
    state: optional(choice(['accepted', 'rejected']), 'those in this state'),
    limit: optional(wholeNumber('N', { min: 1 }), `so many at most (${defaultLimit})`),
  },
  async run({ options: { state, limit = defaultLimit } }, { muster, output, terminal }) {
    const { taken, isMore } = await take(muster.client.iterateSubmissions(state), limit);
    await output.list(taken, submissionColumns);
    if (isMore) say(terminal, `There are more than these ${limit}: --limit N shows more.`);
  },
});

export const showSubmission = defineCommand({
  noun,
  verb: 'show',
  summary: 'its job, or all that is wrong with it',
  positionals: { id: required(text('SUBMISSION'), 'its id') },
  options: {},
  async run({ positionals: { id } }, { muster, output }) {
    await output.one(found(await muster.client.getSubmission(id), `submission '${id}'`), submissionColumns);
  },
});
