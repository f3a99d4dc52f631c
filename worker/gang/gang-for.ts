import type { GangName } from '../../shared/contracts/gangs';
import type { Claim } from '../claims/claim';
import { refusal } from '../task/result';
import type { WorkerContext } from '../worker-context';
import { putOffMs } from './decide';
import { gather } from './gather';
import { GangLeader } from './head';

/** Without a gang: the task needs none, or is not to be run at all. */
type Formed = { kind: 'formed'; gang: GangLeader | undefined } | { kind: 'put-off'; afterMs: number };

/** Gets a claimed task the VMs that it takes beside this one. */
export async function gangFor(
  { claim, name }: { claim: Claim; name: GangName },
  context: WorkerContext,
): Promise<Formed> {
  const { specified, begun, lease } = claim;
  const alone: Formed = { kind: 'formed', gang: undefined };
  if (specified.kind === 'invalid') return alone;
  const { specification } = specified;
  const { nodes } = specification;
  if (nodes === undefined || refusal(specification, name, begun)) return alone;
  const { gangs, settings, lifecycle, removed, identity, log, worker } = context;
  const { gangLeaseMs: leaseMs, gangFormMs: formMs, gangRetryMs: retryMs } = settings;
  const job = context.cancellations.watch(name.jobId);
  try {
    const ends = [lifecycle.draining, removed, lease.notHeld, job.cancelled];
    const wanted = { name, specification, head: gangs.desk.nodeOf(worker), nodes };
    const gathered = await gather({ ...gangs, leaseMs, formMs, log }, wanted, ends);
    if (gathered.kind === 'assembled')
      return { kind: 'formed', gang: new GangLeader(gathered.gang, { leaseMs, log, identity }) };
    const { why } = gathered;
    return { kind: 'put-off', afterMs: why === 'ended' ? 0 : putOffMs(why, retryMs, Math.random()) };
  } finally {
    job.leave();
  }
}
