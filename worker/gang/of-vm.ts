import type { Enrolled } from '../agent';
import { MemberList } from '../command/members';
import type { Log } from '../log';
import type { StorageAccess } from '../storage/access';
import type { RetryContext } from '../storage/retry';
import type { WorkerContext } from '../worker-context';
import { GangDesk } from './desk';
import type { GangUse } from './gang-use';
import { LeasedBlobs } from './leased-blobs';

const leastLookMs = 1000;

/** What the workers of one VM share for gangs. */
export function gangsOf(
  { config, admitted, facts }: Pick<Enrolled, 'config' | 'admitted' | 'facts'>,
  { access, retry, gangUse, log }: { access: StorageAccess; retry: RetryContext; gangUse: GangUse; log: Log },
): WorkerContext['gangs'] {
  const { agentId, agentToken, workers, settings } = admitted;
  const blobs = new LeasedBlobs(access, retry);
  const vm = { agentId, address: facts.privateIpAddress, workers: workers.length };
  const lookMs = Math.min(leastLookMs, settings.idlePollMs);
  return {
    blobs,
    desk: new GangDesk({ blobs, use: gangUse, vm, lookMs, log }),
    present: new MemberList({ controlPlaneUrl: config.controlPlaneUrl, agentToken, log }),
  };
}
