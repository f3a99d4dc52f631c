import type { z } from 'zod';
import type { Manifest } from '../../shared/contracts';
import { optional } from '../arguments/options';
import { text, texts } from '../arguments/values';
import { defineCommand } from '../command';
import { found } from '../missing';
import { defined, readRequest, readText } from '../request-file';
import type { Columns } from '../output/table';

const noun = 'manifest';
const columns: Columns<Manifest> = {
  subscription: (manifest) => manifest.subscriptionId,
  'resource group': (manifest) => manifest.resourceGroup,
  'ssh user': (manifest) => manifest.sshUser,
  'ssh keys': (manifest) => manifest.sshPublicKeys.length,
};

export const getManifest = defineCommand({
  noun,
  verb: 'get',
  summary: 'your Azure defaults',
  positionals: {},
  options: {},
  async run(_, { muster, output }) {
    const manifest = await muster.client.getManifest();
    await output.one(found(manifest, 'manifest yet: muster manifest put'), columns);
  },
});

export const putManifest = defineCommand({
  noun,
  verb: 'put',
  summary: 'keeps your Azure defaults; what was kept is replaced',
  positionals: {},
  options: {
    subscriptionId: optional(text('GUID'), 'subscription that everything is made in'),
    resourceGroup: optional(text('NAME'), 'resource group that everything is made in'),
    sshUser: optional(text('NAME'), 'your user on the VMs (muster)'),
    sshKeyFile: optional(texts('FILE'), 'public key that opens them'),
    file: optional(text('FILE'), 'the manifest as JSON; the options are put over it'),
  },
  async run({ options }, { muster, output }) {
    const { file, subscriptionId, resourceGroup, sshUser, sshKeyFile } = options;
    const sshPublicKeys = sshKeyFile?.map((one) => readText(one).trim());
    const manifest = {
      ...readRequest(file),
      ...defined({ subscriptionId, resourceGroup, sshUser, sshPublicKeys }),
    };
    await output.one(await muster.client.putManifest(manifest as z.input<typeof Manifest>), columns);
  },
});
