import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { MusterClient } from '../../client';
import { putLocalTemplates } from '../../scripts/local-azure/templates';
import { startStack, type Stack } from '../../scripts/stack/stack';

/** Of the local stack alone: simulated VMs boot at once. Everything else is as the app has it by default. */
export const benchSettings = { MUSTER_ENROL_RETRY_MS: '250' };

export const scaleSet = 'bench';

/** A stack with a scale set whose every worker has enrolled. */
export interface JobsStack extends Stack {
  client: MusterClient;
  stateFolder: string;
}

export interface JobsStackOptions {
  stateFolder: string;
  vms: number;
  workersPerInstance: number;
  /** Requests to storage are logged, which makes it a little slower. */
  isMetered: boolean;
  /** Told of the stack once it runs, so that a signal can stop it. */
  onStack(stack: Stack): void;
}

export async function startJobsStack(options: JobsStackOptions): Promise<JobsStack> {
  const { stateFolder, vms, workersPerInstance, isMetered } = options;
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const stack = await startStack({
    stateFolder,
    hasControl: true,
    hasAccessLog: isMetered,
    settings: benchSettings,
  });
  options.onStack(stack);
  const client = new MusterClient({ url: stack.url, key: stack.key });
  await putLocalTemplates(client, stack.simulator.subscriptionId);
  await client.putScaleSet(scaleSet, { template: 'cbox', capacity: vms, workersPerInstance });
  if (vms > 0 && !(await client.waitForScaleSet(scaleSet, { timeoutSeconds: 120 })))
    throw new Error('The workers did not enrol within 120 s.');
  return { ...stack, client, stateFolder };
}

export function componentOf({ components }: Stack, name: string): Stack['components'][number] {
  const found = components.find((component) => component.name === name);
  if (!found) throw new Error(`The stack has no ${name}.`);
  return found;
}

export function durableFile({ stateFolder }: JobsStack): string {
  return path.join(stateFolder, 'host', 'durable.sqlite');
}
