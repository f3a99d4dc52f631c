import type { TemplateKind } from '../../shared/contracts';
import { optional, required } from '../arguments/options';
import { choice, text } from '../arguments/values';
import { defineCommand } from '../command';
import { found } from '../missing';
import { readRequest } from '../request-file';
import { templateColumns } from './columns';

const noun = 'template';
const kinds = ['scale-set', 'virtual-machine', 'network-interface'] as const satisfies TemplateKind[];
const positionals = {
  kind: required(choice(kinds), 'what is made from it'),
  name: required(text('NAME'), 'of the template'),
};

export const putTemplate = defineCommand({
  noun,
  verb: 'put',
  summary: 'keeps a template; one of that name is replaced',
  description:
    'The file holds { "value": an ARM body } or { "builder": the arguments of AzManagers\' build_*template }, as the API takes it.',
  positionals,
  options: { file: required(text('FILE'), 'the template as JSON (- for standard input)') },
  async run({ positionals: { kind, name }, options: { file } }, { muster, output }) {
    const view = await muster.client.putTemplate(kind, name, readRequest(file));
    await output.done(view, `Template '${name}' is kept.`);
  },
});

export const getTemplate = defineCommand({
  noun,
  verb: 'get',
  summary: 'the template as JSON, as --file of put takes it',
  positionals,
  options: {},
  async run({ positionals: { kind, name } }, { muster, output }) {
    const view = found(await muster.client.getTemplate(kind, name), `${kind} template '${name}'`);
    await output.json(output.format === 'json' ? view : view.template);
  },
});

export const listTemplates = defineCommand({
  noun,
  verb: 'list',
  summary: 'all that are kept, or those of one kind',
  positionals: { kind: optional(choice(kinds), 'what is made from them') },
  options: {},
  async run({ positionals: { kind } }, { muster, output }) {
    const lists = (kind ? [kind] : kinds).map((one) => muster.client.listTemplates(one));
    await output.list((await Promise.all(lists)).flat(), templateColumns);
  },
});

export const deleteTemplate = defineCommand({
  noun,
  verb: 'delete',
  summary: 'what was made from it stays',
  positionals,
  options: {},
  async run({ positionals: { kind, name } }, { muster, output }) {
    await muster.client.deleteTemplate(kind, name);
    await output.done({ kind, name, state: 'deleted' }, `Template '${name}' is gone.`);
  },
});
