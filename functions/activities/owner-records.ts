import type { Owner, TimelineEvent } from '../../shared/contracts';
import { stepDone, workQueueName, type ResourceStatus, type StepOutcome } from '../../shared/domain';
import type { App } from '../app';
import { addTimeline, closeLedger, putStatus, removeResource } from '../records/resources';

/** The end of every owner: told in its timeline, closed in the ledger, its queue and rows removed. May be repeated. */
export function createForget(app: App, message: string) {
  return async ({ owner }: { owner: Owner }): Promise<StepOutcome> => {
    const at = new Date(app.clock.now()).toISOString();
    await addTimeline(app.records, owner, [{ at, code: 'Deleted', message }]);
    await closeLedger(app.records, owner, at);
    await app.workQueue.remove(workQueueName(owner));
    await removeResource(app.records, owner);
    return stepDone;
  };
}

/** Keeps what a look came to. */
export function createRecord<Status extends ResourceStatus>({ records }: App) {
  return async (look: { owner: Owner; status: Status; events: TimelineEvent[] }): Promise<null> => {
    await putStatus(records, look.owner, look.status);
    await addTimeline(records, look.owner, look.events);
    return null;
  };
}
