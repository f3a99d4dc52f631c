import * as df from 'durable-functions';
import type { ActivityContract } from '../../shared/durable';
import { jobActivities, scaleSetActivities, virtualMachineActivities } from '../../shared/durable';
import type { App } from '../app';
import { createDepartedActivities } from './departed';
import { createJobActivities } from './job';
import { createObserveJob } from './observe-job';
import { createObserveScaleSet } from './observe-scale-set';
import { createObserveVirtualMachine } from './observe-virtual-machine';
import { createScaleSetActivities } from './scale-set';
import { createVirtualMachineActivities } from './virtual-machine';

/** Registers one activity under its contract's name; what comes in and goes out is checked against its shape. */
function register<Input, Output>(
  app: App,
  contract: ActivityContract<Input, Output>,
  handler: (input: Input, durable: df.DurableClient) => Promise<Output>,
): void {
  df.app.activity(contract.name, {
    extraInputs: [df.input.durableClient()],
    handler: async (input: unknown, context) => {
      await app.prepared();
      return contract.output.parse(await handler(contract.input.parse(input), df.getClient(context)));
    },
  });
}

export function registerActivities(app: App): void {
  const scaleSet = createScaleSetActivities(app);
  const departed = createDepartedActivities(app);
  const virtualMachine = createVirtualMachineActivities(app);
  const job = createJobActivities(app);

  register(app, scaleSetActivities.observe, createObserveScaleSet(app));
  register(app, scaleSetActivities.record, scaleSet.recordScaleSet);
  register(app, scaleSetActivities.steps.createScaleSet, scaleSet.createScaleSet);
  register(app, scaleSetActivities.steps.setScaleSetCapacity, scaleSet.setScaleSetCapacity);
  register(app, scaleSetActivities.steps.replaceInstances, departed.replaceInstances);
  register(app, scaleSetActivities.steps.forgetAgents, departed.forgetAgents);
  register(app, scaleSetActivities.steps.retireScaleSet, scaleSet.retireScaleSet);
  register(app, scaleSetActivities.steps.deleteScaleSetInstances, scaleSet.deleteScaleSetInstances);
  register(app, scaleSetActivities.steps.deleteScaleSet, scaleSet.deleteScaleSet);
  register(app, scaleSetActivities.steps.forgetScaleSet, scaleSet.forgetScaleSet);

  register(app, virtualMachineActivities.observe, createObserveVirtualMachine(app));
  register(app, virtualMachineActivities.record, virtualMachine.recordVirtualMachine);
  register(app, virtualMachineActivities.steps.createNetworkInterface, virtualMachine.createNetworkInterface);
  register(app, virtualMachineActivities.steps.createVirtualMachine, virtualMachine.createVirtualMachine);
  register(app, virtualMachineActivities.steps.deleteVirtualMachine, virtualMachine.deleteVirtualMachine);
  register(app, virtualMachineActivities.steps.deleteNetworkInterface, virtualMachine.deleteNetworkInterface);
  register(app, virtualMachineActivities.steps.deleteDisks, virtualMachine.deleteDisks);
  register(app, virtualMachineActivities.steps.forgetVirtualMachine, virtualMachine.forgetVirtualMachine);

  const { steps } = jobActivities;
  register(app, jobActivities.observe, createObserveJob(app));
  register(app, jobActivities.record, job.recordJob);
  register(app, steps.enqueueTasks, job.enqueueTasks);
  register(app, steps.retryTasks, job.retryTasks);
  register(app, steps.recoverResults, job.recoverResults);
  register(app, steps.redeliverTasks, job.redeliverTasks);
  register(app, steps.cancelTasks, job.cancelTasks);
  register(app, steps.makeTarget, job.makeTarget);
  register(app, steps.releaseTarget, job.releaseTarget);
  register(app, steps.removeInputs, job.removeInputs);
  register(app, steps.releaseOwned, job.releaseOwned);
}
