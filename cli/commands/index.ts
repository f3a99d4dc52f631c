import type { Command } from '../command';
import * as bundle from './bundle';
import * as environment from './environment';
import { importFolder } from './import';
import * as job from './job';
import { readLogs } from './job-logs';
import { listOutputs } from './job-outputs';
import { login } from './login';
import { getManifest, putManifest } from './manifest';
import { askQuota } from './quota';
import { run } from './run';
import * as scaleSet from './scale-set';
import { listSubmissions, showSubmission } from './submission';
import * as template from './template';
import * as vm from './virtual-machine';

const { ofScaleSets } = scaleSet;
const { ofVirtualMachines } = vm;

/** The table of commands, in the order of help: parser, help and dispatch know no other. */
export const commands: readonly Command[] = [
  run,
  ...[job.submitJob, job.listJobs, job.showJob, job.waitForJob, job.listTasks, job.listAttempts],
  ...[readLogs, listOutputs, job.cancelJob, job.deleteJob],
  ...[scaleSet.createScaleSet, scaleSet.growScaleSet, ofScaleSets.list, ofScaleSets.show],
  ...[scaleSet.waitForScaleSet, scaleSet.listWorkers, ofScaleSets.events, ofScaleSets.bootLog],
  ...[ofScaleSets.handOver, ofScaleSets.remove],
  ...[vm.createVirtualMachine, ofVirtualMachines.list, ofVirtualMachines.show],
  ...[vm.waitForVirtualMachine, ofVirtualMachines.events, ofVirtualMachines.bootLog],
  ...[ofVirtualMachines.handOver, ofVirtualMachines.remove],
  ...[template.putTemplate, template.getTemplate, template.listTemplates, template.deleteTemplate],
  ...[getManifest, putManifest, importFolder],
  ...[environment.putEnvironment, environment.listEnvironments],
  ...[environment.showEnvironment, environment.deleteEnvironment],
  ...[bundle.putBundle, bundle.listBundles, bundle.showBundle, bundle.deleteBundle],
  ...[listSubmissions, showSubmission],
  askQuota,
  login,
];
