import type { Condition } from '../../contracts';
import { waitingFor } from '../look';
import type { JobPolicy } from './rows';
import type { JobLook } from './snapshot';

/** Only so many tasks run at once. Each is a message of its own then: one in a shared message would count before it runs. */
export function isBounded({ maxRunning, nodes }: Pick<JobPolicy, 'maxRunning' | 'nodes'>): boolean {
  return maxRunning !== null || nodes !== undefined;
}

/** Tasks that may be sent and not have ended; null: any number. Those of several nodes only as many as could run at once. */
export function mostOpen({ snapshot: { job, target } }: JobLook): number | null {
  const { maxRunning, nodes } = job.policy;
  if (nodes === undefined) return maxRunning;
  if ((target.vms?.atWork ?? 0) < nodes) return 0;
  const gangs = Math.max(1, Math.floor(target.workersEnrolled / nodes));
  return Math.min(maxRunning ?? gangs, gangs);
}

/** Why tasks of several nodes do not run; null where they do, or need one node. */
export function gangCondition({ snapshot: { job, status, target }, now }: JobLook): Condition | null {
  const { nodes } = job.policy;
  if (nodes === undefined || target.running > 0) return null;
  const { atWork, desired } = target.vms ?? { atWork: 0, desired: 0 };
  if (atWork < nodes) {
    const advice =
      desired < nodes
        ? ` Only ${desired} ${desired === 1 ? 'is' : 'are'} desired: grow the scale set to ${nodes} or more.`
        : '';
    const message = `Each task takes ${nodes} VMs at once, and ${atWork} ${atWork === 1 ? 'is' : 'are'} at work.${advice} ${target.message}`;
    return waitingFor(now, 'WaitingForVirtualMachines', message.trim());
  }
  if (status.enqueuedTo === 0) return null;
  const message = `It waits until ${nodes} VMs have a free worker at the same time.`;
  return waitingFor(now, 'WaitingForFreeWorkers', message);
}
