import type { EnrolAdmitted } from '../../shared/contracts/worker-protocol';
import type { Enrolled } from '../agent';
import { whenAborted } from '../backoff';
import type { Lifecycle } from '../lifecycle';
import type { Log } from '../log';
import type { StorageAccess } from '../storage/access';
import { JobBlobs } from '../storage/job-blobs';
import type { RetryContext } from '../storage/retry';
import type { Environment } from '../task/environment';
import { makeEnvironment } from './make';
import type { PreparationState } from './preparation';

interface Preparing {
  access: StorageAccess;
  retry: RetryContext;
  preparation: PreparationState;
  lifecycle: Lifecycle;
  log: Log;
}

/** Makes the environment where there is one to make. Undefined once the VM goes without it: it is of no use to anybody. */
export async function prepare(
  { admitted, config, identity, facts }: Enrolled,
  { access, retry, preparation, lifecycle, log }: Preparing,
): Promise<Environment | undefined> {
  const { environment, settings, environmentVariables: variables } = admitted;
  if (!environment) return {};
  const blobs = new JobBlobs(access, retry);
  const made = await makeEnvironment({
    ...{ environment, variables, identity, blobs, preparation, lifecycle, log, settings },
    workFolder: config.workFolder,
    vmName: facts.name,
  });
  if (!made) await whenAborted(lifecycle.draining).reached;
  return made;
}

export function retryOf(
  { settings }: EnrolAdmitted,
  { lifecycle, log }: { lifecycle: Lifecycle; log: Log },
): RetryContext {
  const delays = { baseMs: settings.retryDelayMs, maxMs: settings.retryDelayMaxMs };
  return { delays, log, cutOff: lifecycle.cutOff };
}
