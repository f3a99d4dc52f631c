import type { Condition } from '../../contracts';
import { planAhead, unsettled, waitingFor } from '../look';
import type { ScaleSetStatus } from './snapshot';
import type { Presence, ScaleSetPlan, ScaleSetStep } from './steps';

/** Nothing is to be asked of Azure: the set is as desired, or its VMs are on their way. */
export function planSettled(presence: Presence): ScaleSetPlan {
  const { look, status, chores, events } = presence;
  const clean: ScaleSetStatus = { ...status, failures: 0, retryAt: null, quotaShort: null };
  const waiting = whatIsAwaited(presence);
  if (waiting) {
    return planAhead(look, { status: unsettled(clean), condition: waiting, steps: chores, events });
  }
  const ready: ScaleSetStatus = { ...clean, state: 'ready', ...emptiness(presence) };
  const steps = [...chores, ...retirement({ ...presence, status: ready })];
  return planAhead(look, { status: ready, condition: null, steps, events });
}

function whatIsAwaited({ look, desired }: Presence): Condition | null {
  const { now } = look;
  const { members, departures } = look.snapshot;
  const { capacity } = desired;
  if (departures.isMassSilence) {
    const message = `${members.silent} of ${members.total} VMs fell silent together: the cause may lie on this side, so none is replaced yet.`;
    return waitingFor(now, 'ManyWorkersSilent', message);
  }
  if (departures.draining > 0) {
    const message = `${departures.draining} VMs are removed once their tasks have ended.`;
    return waitingFor(now, 'DrainingWorkers', message);
  }
  if (members.provisioned < capacity) {
    const message = `Azure has ${members.provisioned} of ${capacity} VMs ready.`;
    return waitingFor(now, 'WaitingForInstances', message);
  }
  if (members.enrolled >= capacity) return null;
  const parts = [
    [members.booting, 'boot'],
    [members.preparing, 'make their environment'],
    [members.silent, 'are silent'],
    [members.evicting, 'are being evicted'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const message = `${members.enrolled} of ${capacity} VMs have enrolled${told.length > 0 ? `; ${told.join(', ')}` : ''}.`;
  return waitingFor(now, 'WaitingForWorkers', message);
}

function emptiness({ look, desired, status }: Presence): Pick<ScaleSetStatus, 'emptySince'> {
  const isEmpty = desired.capacity === 0 && look.snapshot.members.total === 0;
  return { emptySince: isEmpty ? (status.emptySince ?? look.now.toISOString()) : null };
}

function retirement({ look, desired, status }: Presence): ScaleSetStep[] {
  if (desired.deleteWhenEmptyMs === null || status.emptySince === null) return [];
  const emptyMs = look.now.getTime() - Date.parse(status.emptySince);
  return emptyMs >= desired.deleteWhenEmptyMs
    ? [{ kind: 'retireScaleSet', input: { generation: desired.generation } }]
    : [];
}
