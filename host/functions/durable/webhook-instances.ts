import type { ControlResult, InstanceQuery, InstanceStatus, RuntimeStatus } from '../../durable/contract';
import {
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

const statuses: RuntimeStatus[] = [
  'Pending',
  'Running',
  'Completed',
  'ContinuedAsNew',
  'Failed',
  'Canceled',
  'Terminated',
  'Suspended',
];
const finished: RuntimeStatus[] = ['Completed', 'Failed', 'Canceled', 'Terminated'];
const pageHeader = 'x-ms-continuation-token';

/** GET instances/{id}: 202 with Location while it goes on, 200 once it has ended. */
export async function getStatus(
  { engine }: WebhookParts,
  call: WebhookCall,
  instanceId: string,
): Promise<WebhookAnswer> {
  const status = await engine.status(instanceId, {
    showHistory: flag(call, 'showHistory') ?? false,
    showHistoryOutput: flag(call, 'showHistoryOutput') ?? false,
    showInput: flag(call, 'showInput') ?? true,
  });
  return status
    ? statusAnswer(call, status, flag(call, 'returnInternalServerErrorOnFailure') ?? false)
    : notFound;
}

export function statusAnswer(
  call: WebhookCall,
  status: InstanceStatus,
  failureIs500: boolean,
): WebhookAnswer {
  const body = toPayload(status);
  if (!finished.includes(status.runtimeStatus)) {
    return { status: 202, body, headers: { location: call.url, 'retry-after': '5' } };
  }
  return { status: status.runtimeStatus === 'Failed' && failureIs500 ? 500 : 200, body };
}

/** GET instances: a page of them; the next page's token is a header. */
export async function listInstances({ engine }: WebhookParts, call: WebhookCall): Promise<WebhookAnswer> {
  const page = await engine.query({
    ...filterOf(call),
    instanceIdPrefix: first(call, 'instanceIdPrefix'),
    showInput: flag(call, 'showInput') ?? true,
    top: wholeNumber(call, 'top'),
    continuationToken: call.headers[pageHeader],
  });
  return {
    status: 200,
    body: page.instances.map(toPayload),
    headers: page.continuationToken === undefined ? {} : { [pageHeader]: page.continuationToken },
  };
}

export async function purgeOne({ engine }: WebhookParts, instanceId: string): Promise<WebhookAnswer> {
  const status = await engine.status(instanceId, { showInput: false });
  if (!status) {
    return notFound;
  }
  const purged = await engine.purge(instanceId);
  return { status: 200, body: { instancesDeleted: purged ? 1 : 0 } };
}

export async function purgeMany({ engine }: WebhookParts, call: WebhookCall): Promise<WebhookAnswer> {
  const filter = filterOf(call);
  if (!filter.createdTimeFrom) {
    return { status: 400, body: "Please provide value for 'createdTimeFrom' parameter." };
  }
  const instancesDeleted = await engine.purgeMany(filter);
  return instancesDeleted === 0 ? notFound : { status: 200, body: { instancesDeleted } };
}

/** terminate, suspend and resume: 404 unknown, 410 already ended, 202 taken. */
export async function control(
  { engine }: WebhookParts,
  call: WebhookCall,
  target: { instanceId: string; operation: 'terminate' | 'suspend' | 'resume' },
): Promise<WebhookAnswer> {
  const reason = first(call, 'reason') ?? '';
  return controlAnswer(await engine[target.operation](target.instanceId, reason));
}

/** This host cannot rewind: an honest 501, which durable-functions turns into its own message. */
export async function rewind({ engine }: WebhookParts, instanceId: string): Promise<WebhookAnswer> {
  const status = await engine.status(instanceId, { showInput: false });
  if (!status) {
    return notFound;
  }
  return status.runtimeStatus !== 'Failed' && finished.includes(status.runtimeStatus)
    ? { status: 410 }
    : { status: 501, body: 'The rewind operation is not supported by the embedded host.' };
}

export async function raiseEvent(
  { engine }: WebhookParts,
  call: WebhookCall,
  target: { instanceId: string; eventName: string },
): Promise<WebhookAnswer> {
  const status = await engine.status(target.instanceId, { showInput: false });
  if (!status) {
    return notFound;
  }
  if (finished.includes(status.runtimeStatus)) {
    return { status: 410 };
  }
  const mediaType = (call.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    return errorAnswer(400, 'Only application/json request content is supported');
  }
  let data: unknown;
  try {
    data = parseBody(call);
  } catch {
    return errorAnswer(400, 'Invalid JSON content');
  }
  return controlAnswer(await engine.raiseEvent(target.instanceId, target.eventName, data));
}

const notFound: WebhookAnswer = { status: 404 };

function controlAnswer(result: ControlResult): WebhookAnswer {
  return { status: { accepted: 202, 'not-found': 404, 'already-finished': 410 }[result] };
}

function filterOf(call: WebhookCall): InstanceQuery {
  const named = (call.query.get('runtimestatus') ?? []).flatMap((value) => value.split(','));
  const runtimeStatus = statuses.filter((status) => named.some((name) => name.trim() === status));
  return {
    createdTimeFrom: date(call, 'createdTimeFrom'),
    createdTimeTo: date(call, 'createdTimeTo'),
    runtimeStatus: runtimeStatus.length > 0 ? runtimeStatus : undefined,
  };
}

function toPayload(status: InstanceStatus): object {
  return {
    name: status.name,
    instanceId: status.instanceId,
    runtimeStatus: status.runtimeStatus,
    input: status.input ?? null,
    customStatus: status.customStatus ?? null,
    output: status.output ?? null,
    createdTime: toSeconds(status.createdTime),
    lastUpdatedTime: toSeconds(status.lastUpdatedTime),
    historyEvents: status.historyEvents,
  };
}

/** The extension writes these times without fractions of a second. */
function toSeconds(time: string): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
