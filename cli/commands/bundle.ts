import { basename } from 'node:path';
import { optional, Problem, required } from '../arguments/options';
import { duration, pairs, text, texts } from '../arguments/values';
import { defineCommand } from '../command';
import { Misuse } from '../exit-codes';
import { found } from '../missing';
import { readRequest } from '../request-file';
import { bundleColumns } from './columns';

const noun = 'bundle';
const positionals = { id: required(text('BUNDLE'), 'its id') };

/** Each value is JSON. */
const jsonPairs = {
  ...pairs,
  placeholder: 'NAME=JSON',
  parse: (given: readonly string[]): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(pairs.parse(given)).map(([name, value]) => {
        try {
          return [name, JSON.parse(value) as unknown];
        } catch {
          throw new Problem(`must be NAME=JSON; the value of '${name}' is not JSON`);
        }
      }),
    ),
};

export const putBundle = defineCommand({
  noun,
  verb: 'put',
  summary: 'keeps variables and files that go along with jobs; one of that id is replaced',
  description:
    'Variables may be secrets: they are never shown again. A value on a command line is seen by others of this machine: give what is\nsecret in a file of JSON, with --variables.',
  positionals,
  options: {
    var: optional(pairs, 'a variable that is a text'),
    varJson: optional(jsonPairs, 'a variable that is a number, a list, an object'),
    variables: optional(text('FILE'), 'all variables of one JSON object (- for standard input)'),
    file: optional(texts('FILE'), 'a file, under its own name'),
    keep: optional(duration, 'it is deleted so long after this (never); jobs have copies of their own'),
  },
  examples: ['muster bundle put model --var dataset=north --var-json shots=[1,2,3] --file weights.bin'],
  async run({ positionals: { id }, options }, { muster, output }) {
    const { var: words, varJson, variables: variablesFile, file: paths = [], keep: keepMs } = options;
    const variables = { ...readRequest(variablesFile), ...words, ...varJson };
    if (paths.length + Object.keys(variables).length === 0)
      throw new Misuse(['nothing to keep: give --var, --var-json, --variables or --file']);
    const files = [];
    for (const file of paths) {
      const { sha256 } = await muster.client.putContent({ file });
      files.push({ name: basename(file), sha256 });
    }
    await output.one(await muster.client.putBundle(id, { variables, files, keepMs }), bundleColumns);
  },
});

export const listBundles = defineCommand({
  noun,
  verb: 'list',
  summary: 'all that are kept',
  positionals: {},
  options: {},
  async run(_, { muster, output }) {
    await output.list(await muster.client.listBundles(), bundleColumns);
  },
});

export const showBundle = defineCommand({
  noun,
  verb: 'show',
  summary: 'names and sizes of what it holds, never values',
  positionals,
  options: {},
  async run({ positionals: { id } }, { muster, output }) {
    await output.one(found(await muster.client.getBundle(id), `bundle '${id}'`), bundleColumns);
  },
});

export const deleteBundle = defineCommand({
  noun,
  verb: 'delete',
  summary: 'jobs that have it keep copies of their own until they end',
  positionals,
  options: {},
  async run({ positionals: { id } }, { muster, output }) {
    await muster.client.deleteBundle(id);
    await output.done({ id, state: 'deleted' }, `Bundle '${id}' is gone.`);
  },
});
