import type { z } from 'zod';
import type { UnnamedVirtualMachineRequest, VirtualMachineRequest } from '../../shared/contracts';
import { flag, optional, required } from '../arguments/options';
import { choice, duration, text, wholeNumber } from '../arguments/values';
import { defineCommand } from '../command';
import { Misuse } from '../exit-codes';
import { defined, readRequest } from '../request-file';
import { virtualMachineColumns } from './columns';
import { ownerCommands } from './owner';
import { resourceOptions } from './shared-options';

const noun = 'vm';
const positionals = { name: required(text('NAME'), 'of the virtual machine') };
const timeout = optional(duration, 'gives up after so long; the VM goes on (no limit)');

export const createVirtualMachine = defineCommand({
  noun,
  verb: 'create',
  summary: 'makes a detached VM and its network interface',
  positionals: {
    name: optional(text('NAME'), 'of the virtual machine; absent: of --basename and six letters'),
  },
  options: {
    template: optional(text('TEMPLATE'), 'virtual-machine template to make it from'),
    networkInterfaceTemplate: optional(text('TEMPLATE'), 'of its network interface (default)'),
    basename: optional(text('BASENAME'), 'without NAME: the name begins so (cbox)'),
    workersPerInstance: optional(wholeNumber('N', { min: 1 }), 'tasks that run at once (1)'),
    ...resourceOptions,
    osDiskSizeGb: optional(wholeNumber('GB', { min: 1 }), 'size of its system disk'),
    file: optional(text('FILE'), 'the request as JSON, as the API takes it; the options are put over it'),
    wait: flag('returns once it takes jobs'),
    timeout,
  },
  examples: [
    'muster vm create solo --template cbox --wait',
    'VM=$(muster vm create --template cbox --output json | jq -r .name)',
  ],
  async run({ positionals: { name }, options }, { muster, output }) {
    const { file, wait, timeout: timeoutMs, env: environmentVariables, basename, ...given } = options;
    if (name !== undefined && basename !== undefined)
      throw new Misuse(['--basename makes a name: leave it away, or leave NAME away']);
    const { template, networkInterfaceTemplate, workersPerInstance, environment } = given;
    const { ompNumThreads, osDiskSizeGb } = given;
    const request = {
      ...readRequest(file),
      ...defined({ template, networkInterfaceTemplate, workersPerInstance, environment }),
      ...defined({ environmentVariables, ompNumThreads, osDiskSizeGb }),
    } as z.input<typeof VirtualMachineRequest>;
    const unnamed: z.input<typeof UnnamedVirtualMachineRequest> = { ...request, ...defined({ basename }) };
    const view =
      name === undefined
        ? await muster.createVirtualMachine(unnamed)
        : await muster.virtualMachine(name).create(request);
    const shown = wait ? await muster.virtualMachine(view.name).waitFor({ timeoutMs }) : view;
    await output.one(shown, virtualMachineColumns);
  },
});

export const waitForVirtualMachine = defineCommand({
  noun,
  verb: 'wait',
  summary: 'returns once it takes jobs, or is gone',
  positionals,
  options: { for: optional(choice(['ready', 'deleted']), 'what is waited for (ready)'), timeout },
  async run({ positionals: { name }, options }, { muster, output }) {
    const { for: goal, timeout: timeoutMs } = options;
    const vm = muster.virtualMachine(name);
    if (goal !== 'deleted') return output.one(await vm.waitFor({ timeoutMs }), virtualMachineColumns);
    await vm.waitUntilDeleted({ timeoutMs });
    await output.done({ name, state: 'deleted' }, `Virtual machine '${name}' is gone.`);
  },
});

export const ofVirtualMachines = ownerCommands({
  ...{ noun, word: 'virtual machine', timeout, columns: virtualMachineColumns },
  removal: 'it goes with its disks and its network interface; output of jobs stays',
  list: (muster) => muster.client.listVirtualMachines(),
  of: (muster, name) => muster.virtualMachine(name),
  remove: (muster, name) => muster.client.deleteVirtualMachine(name),
});
