import { unknownFunction } from './webhook-start';
import {
  BadArgument,
  date,
  errorAnswer,
  first,
  flag,
  parseBody,
  wholeNumber,
  type WebhookAnswer,
  type WebhookCall,
  type WebhookParts,
} from './webhook-types';

const pageHeader = 'x-ms-continuation-token';
const emptyKey = '$';

/** GET entities[/{name}]. */
export async function listEntities(
  { engine }: WebhookParts,
  call: WebhookCall,
  name: string | undefined,
): Promise<WebhookAnswer> {
  const page = await engine.listEntities({
    name: name?.toLowerCase(),
    lastOperationFrom: date(call, 'lastOperationTimeFrom'),
    lastOperationTo: date(call, 'lastOperationTimeTo'),
    fetchState: flag(call, 'fetchState') ?? false,
    top: wholeNumber(call, 'top'),
    continuationToken: call.headers[pageHeader],
  });
  return {
    status: 200,
    body: page.entities.map(({ entityId, lastOperationTime, state }) => ({
      entityId,
      lastOperationTime,
      state: state ?? null,
    })),
    headers: page.continuationToken === undefined ? {} : { [pageHeader]: page.continuationToken },
  };
}

/** GET entities/{name}/{key}: its state as JSON; `$` stands for the empty key. */
export async function readEntity(
  { engine }: WebhookParts,
  entity: { name: string; key: string },
): Promise<WebhookAnswer> {
  const found = await engine.entityState({
    name: entity.name.toLowerCase(),
    key: entity.key === emptyKey ? '' : entity.key,
  });
  return found && found.state !== undefined ? { status: 200, body: found.state } : { status: 404 };
}

/** POST entities/{name}/{key}?op=...: a signal, taken and not waited for. */
export async function signalEntity(
  parts: WebhookParts,
  call: WebhookCall,
  entity: { name: string; key: string },
): Promise<WebhookAnswer> {
  const known = parts.functionNames('entity');
  if (!known.some((candidate) => candidate.toLowerCase() === entity.name.toLowerCase())) {
    throw new BadArgument(unknownFunction(entity.name, 'entity', known));
  }
  if (/[/\\?#\p{Cc}]/u.test(entity.key)) {
    throw new BadArgument('Entity keys must not contain /, \\, #, ?, or control characters.');
  }
  const operation = call.method === 'DELETE' ? 'delete' : (first(call, 'op') ?? '');
  let input: unknown;
  try {
    input = operationInput(call);
  } catch {
    return errorAnswer(400, 'Could not parse JSON content');
  }
  await parts.engine.signalEntity({ name: entity.name.toLowerCase(), key: entity.key }, operation, input);
  return { status: 202 };
}

function operationInput(call: WebhookCall): unknown {
  if (call.body.length === 0) {
    return undefined;
  }
  const isJson = (call.headers['content-type'] ?? '').toLowerCase().startsWith('application/json');
  return isJson ? parseBody(call) : call.body.toString();
}
