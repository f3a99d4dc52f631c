import type { Owner, OwnerKind } from '../../shared/contracts';
import { stepDone, type StepOutcome } from '../../shared/domain';
import type { App } from '../app';
import { getIncarnation, type RowOf } from '../records/resources';

/** A step on the row of its owner's incarnation; a row that is gone has nothing left to change. */
export function onRowOf<Kind extends OwnerKind>(app: App, kind: Kind) {
  return async (owner: Owner, change: (row: RowOf[Kind]) => Promise<StepOutcome>): Promise<StepOutcome> => {
    const row = await getIncarnation(app.records, kind, owner);
    return row ? change(row) : stepDone;
  };
}
