import { randomUUID } from 'node:crypto';
import { ArmError } from './errors';
import type { ArmCall } from './provider';

/** Compute's strong etags change with every write. */
export function newEtag(): string {
  return `"${randomUUID()}"`;
}

/** If-Match and If-None-Match of a write. */
export function checkPreconditions(call: ArmCall, existing: { etag?: string } | undefined): void {
  const ifMatch = call.headers['if-match'];
  const isStale =
    ifMatch !== undefined && (ifMatch === '*' ? existing === undefined : ifMatch !== existing?.etag);
  const isUnwanted = call.headers['if-none-match'] === '*' && existing !== undefined;
  if (!isStale && !isUnwanted) return;
  throw new ArmError(
    412,
    'PreconditionFailed',
    'The condition specified using HTTP conditional header(s) is not met.',
  );
}
