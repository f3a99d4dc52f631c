import { statSync } from 'node:fs';
import { create } from 'tar';
import { required } from '../arguments/options';
import { text } from '../arguments/values';
import { defineCommand } from '../command';
import { Misuse } from '../exit-codes';
import { found } from '../missing';
import { environmentColumns } from './columns';

const noun = 'environment';
const positionals = { name: required(text('NAME'), 'of the environment') };

export const putEnvironment = defineCommand({
  noun,
  verb: 'put',
  summary: 'packs a folder and keeps it; VMs make it at their boot',
  description:
    'At the top of the folder is environment.yml (conda), requirements.txt or pyproject.toml (pip), package.json (npm), Project.toml\n(Julia) or setup.sh, or several of them.',
  positionals: { ...positionals, folder: required(text('FOLDER'), 'what is packed') },
  options: {},
  async run({ positionals: { name, folder } }, { muster, output }) {
    await output.one(await muster.client.putEnvironment(name, await packed(folder)), environmentColumns);
  },
});

export const listEnvironments = defineCommand({
  noun,
  verb: 'list',
  summary: 'all that are kept',
  positionals: {},
  options: {},
  async run(_, { muster, output }) {
    await output.list(await muster.client.listEnvironments(), environmentColumns);
  },
});

export const showEnvironment = defineCommand({
  noun,
  verb: 'show',
  summary: 'what it holds',
  positionals,
  options: {},
  async run({ positionals: { name } }, { muster, output }) {
    const view = found(await muster.client.getEnvironment(name), `environment '${name}'`);
    await output.one(view, environmentColumns);
  },
});

export const deleteEnvironment = defineCommand({
  noun,
  verb: 'delete',
  summary: 'VMs that have made it keep it',
  positionals,
  options: {},
  async run({ positionals: { name } }, { muster, output }) {
    await muster.client.deleteEnvironment(name);
    await output.done({ name, state: 'deleted' }, `Environment '${name}' is gone.`);
  },
});

/** As tar and gzip. The same files make the same bytes, so that an unchanged folder is stored once. */
async function packed(folder: string): Promise<Uint8Array> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Misuse([`${folder} is no folder: give the one that is to be packed`]);
  const chunks: Buffer[] = [];
  const pack = create({ cwd: folder, gzip: true, portable: true, noMtime: true }, ['.']);
  for await (const chunk of pack) chunks.push(chunk);
  return Buffer.concat(chunks);
}
