import type { z } from 'zod';
import type { ScaleSetRequest } from '../../shared/contracts';
import { flag, optional, required } from '../arguments/options';
import { choice, duration, text, wholeNumber } from '../arguments/values';
import { defineCommand } from '../command';
import { defined, readRequest } from '../request-file';
import { scaleSetColumns, workerColumns } from './columns';
import { ownerCommands } from './owner';
import { resourceOptions } from './shared-options';

const noun = 'scale-set';
const positionals = { name: required(text('NAME'), 'of the scale set') };
const timeout = optional(duration, 'gives up after so long; the scale set goes on (no limit)');

export const createScaleSet = defineCommand({
  noun,
  verb: 'create',
  summary: 'makes it; repeated with another --capacity, sets that',
  positionals,
  options: {
    template: optional(text('TEMPLATE'), 'scale-set template to make it from'),
    capacity: optional(wholeNumber('N', { max: 1000 }), 'VMs'),
    workersPerInstance: optional(wholeNumber('N', { min: 1 }), 'workers on each VM (1)'),
    ...resourceOptions,
    joinLimit: optional(duration, 'from the last sign of a boot until the VM counts as failed (12m)'),
    deleteWhenEmpty: optional(duration, 'with no VM wanted for so long, the set itself goes (never)'),
    file: optional(text('FILE'), 'the request as JSON, as the API takes it; the options are put over it'),
    wait: flag('returns once all of its VMs have enrolled'),
    timeout,
  },
  examples: [
    'muster scale-set create cbox --template cbox --capacity 5 --wait',
    'muster scale-set create cbox --template cbox --capacity 10      # five more',
  ],
  async run({ positionals: { name }, options }, { muster, output }) {
    const {
      file,
      wait,
      timeout: timeoutMs,
      joinLimit,
      deleteWhenEmpty,
      env,
      environment,
      ...given
    } = options;
    const request = {
      ...readRequest(file),
      ...defined({
        template: given.template,
        capacity: given.capacity,
        environment,
        environmentVariables: env,
      }),
      ...defined({ workersPerInstance: given.workersPerInstance, ompNumThreads: given.ompNumThreads }),
      ...defined({ joinLimitMs: joinLimit, deleteWhenEmptyMs: deleteWhenEmpty }),
    };
    const scaleSet = muster.scaleSet(name);
    const view = await scaleSet.create(request as z.input<typeof ScaleSetRequest>);
    await output.one(wait ? await scaleSet.waitFor({ timeoutMs }) : view, scaleSetColumns);
  },
});

export const growScaleSet = defineCommand({
  noun,
  verb: 'grow',
  summary: 'so many VMs more than are wanted now',
  positionals: { ...positionals, add: required(wholeNumber('N', { min: 1, max: 1000 }), 'VMs to add') },
  options: {
    idempotencyKey: optional(text('KEY'), 'a repeat with the same counts once (a random one)'),
  },
  async run({ positionals: { name, add }, options: { idempotencyKey } }, { muster, output }) {
    await output.one(await muster.scaleSet(name).grow(add, { idempotencyKey }), scaleSetColumns);
  },
});

export const waitForScaleSet = defineCommand({
  noun,
  verb: 'wait',
  summary: 'returns once its VMs have enrolled, its workers are ready, or it is gone',
  positionals,
  options: {
    for: optional(choice(['enrolled', 'ready', 'deleted']), 'what is waited for (enrolled)'),
    atLeast: optional(wholeNumber('N'), 'so many VMs enrolled, or workers ready (all that are wanted)'),
    timeout,
  },
  async run({ positionals: { name }, options }, { muster, output }) {
    const { for: goal, atLeast, timeout: timeoutMs } = options;
    const scaleSet = muster.scaleSet(name);
    if (goal === 'deleted') {
      await scaleSet.waitUntilDeleted({ timeoutMs });
      return output.done({ name, state: 'deleted' }, `Scale set '${name}' is gone.`);
    }
    await output.one(await scaleSet.waitFor({ for: goal, atLeast, timeoutMs }), scaleSetColumns);
  },
});

export const listWorkers = defineCommand({
  noun,
  verb: 'workers',
  summary: 'lists its workers, or removes one',
  positionals,
  options: {
    remove: optional(text('WORKER'), 'the worker ends with its task; with its last worker a VM goes'),
    force: flag("with --remove: its VM's tasks are not waited for, they run again elsewhere"),
  },
  async run({ positionals: { name }, options: { remove, force } }, { muster, output }) {
    const scaleSet = muster.scaleSet(name);
    if (remove === undefined) return output.list(await scaleSet.workers(), workerColumns);
    await output.one(await scaleSet.removeWorker(remove, { force }), scaleSetColumns);
  },
});

export const ofScaleSets = ownerCommands({
  ...{ noun, word: 'scale set', timeout, columns: scaleSetColumns },
  removal: 'it goes with all of its VMs; output of jobs stays',
  list: (muster) => muster.client.listScaleSets(),
  of: (muster, name) => muster.scaleSet(name),
  remove: (muster, name) => muster.client.deleteScaleSet(name),
});
