import { randomUUID } from 'node:crypto';
import type { FunctionInvoker } from '../contract';
import type { EntityBatch, Queued } from './batch';
import { entityOf, schedulerId, type EntityBatchOutcome, type EntityRequest } from './messages';

export interface EntityRow {
  id: string;
  name: string;
  isAlive: number;
  state: string | null;
  lockedBy: string | null;
  updatedAt: number;
}

export interface EntityResult {
  row: EntityRow;
  /** To orchestrations, as the extension's ResponseMessage under the request's id. */
  responses: { request: EntityRequest; response: { result?: string; exceptionType?: string } }[];
  requests: { entity: string; request: EntityRequest }[];
}

/** Runs a batch through the function and answers what to store and send. Rejects only with an AbortError. */
export async function runBatch(
  { invoker, now }: { invoker: FunctionInvoker; now: number },
  current: EntityRow,
  batch: EntityBatch,
): Promise<EntityResult> {
  const result: EntityResult = {
    row: { ...current, lockedBy: batch.lockedBy, updatedAt: now },
    responses: [],
    requests: [],
  };
  if (batch.operations.length > 0) {
    apply(await invoke(invoker, current, batch.operations), batch.operations, result);
  }
  if (batch.lockChange?.request.lockset) passLock(batch.lockChange.request, result);
  return result;
}

function apply(outcome: EntityBatchOutcome, operations: readonly Queued[], result: EntityResult): void {
  result.row.isAlive = outcome.entityExists ? 1 : 0;
  result.row.state = outcome.entityExists ? (outcome.entityState ?? null) : null;
  operations.forEach(({ request }, index) => {
    if (request.signal) return;
    const answer = outcome.results[index];
    const response = {
      ...(answer?.result === undefined ? {} : { result: answer.result }),
      ...(answer?.isError ? { exceptionType: 'Error' } : {}),
    };
    result.responses.push({ request, response });
  });
  for (const signal of outcome.signals ?? []) {
    const request = { op: signal.name, signal: true, id: randomUUID(), parent: result.row.id };
    const withInput = signal.input ? { ...request, input: signal.input } : request;
    result.requests.push({ entity: schedulerId(signal.target), request: withInput });
  }
}

async function invoke(
  invoker: FunctionInvoker,
  current: EntityRow,
  operations: readonly Queued[],
): Promise<EntityBatchOutcome> {
  const body = {
    self: entityOf(current.id),
    exists: current.isAlive === 1,
    state: current.state,
    batch: operations.map(({ request }) => ({
      id: request.id,
      name: request.op,
      signal: request.signal === true,
      input: request.input,
    })),
  };
  try {
    if (!invoker.has('entity', current.name)) {
      throw new Error(
        `The function '${current.name}' doesn't exist, is disabled, or is not an entity function.`,
      );
    }
    return JSON.parse(await invoker.entity(current.name, JSON.stringify(body))) as EntityBatchOutcome;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    const result = JSON.stringify(error instanceof Error ? error.message : String(error));
    return {
      entityExists: current.isAlive === 1,
      entityState: current.state,
      results: operations.map(() => ({ isError: true, result })),
    };
  }
}

/** Locks are taken one entity after the other in the set's order; the last one tells the orchestration. */
function passLock(request: EntityRequest, result: EntityResult): void {
  const position = (request.pos ?? 0) + 1;
  const next = request.lockset?.[position];
  if (next) result.requests.push({ entity: schedulerId(next), request: { ...request, pos: position } });
  else result.responses.push({ request, response: { result: 'null' } });
}
