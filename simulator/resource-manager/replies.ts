import { randomUUID } from 'node:crypto';
import type { Operation } from './operations';
import type { ArmCall, ArmReply } from './provider';
import { badRequest } from './errors';
import { present, type ArmResource } from './store';

/** ARM's contract has Retry-After between 10 s and 10 min; a simulator that is faster sends none and leaves the pace to the client. */
const SHORTEST_RETRY_AFTER_MS = 10_000;

const SEGMENTS = {
  compute: {
    namespace: 'Microsoft.Compute',
    status: 'operations',
    result: 'operations',
    monitor: '&monitor=true',
  },
  disk: {
    namespace: 'Microsoft.Compute',
    status: 'DiskOperations',
    result: 'DiskOperations',
    monitor: '&monitor=true',
  },
  network: { namespace: 'Microsoft.Network', status: 'operations', result: 'operationResults', monitor: '' },
} as const;

export function ok(resource: ArmResource<unknown, unknown>): ArmReply {
  return { status: 200, body: present(resource) };
}

/** The answer that starts a long-running operation: PUT and PATCH 200/201 with a body, POST and DELETE 202 without. */
export function startedReply(call: ArmCall, operation: Operation, reply: ArmReply): ArmReply {
  return { ...reply, headers: { ...operationHeaders(call, operation, reply.status), ...reply.headers } };
}

function operationHeaders(call: ArmCall, operation: Operation, status: number): Record<string, string> {
  const subscription = `${call.baseUrl}/subscriptions/${call.id.subscriptionId}`;
  const version = `api-version=${call.apiVersion}`;
  const retry = retryAfter(call);
  if (operation.style === 'resources') {
    return { Location: `${subscription}/operationresults/${operation.id}?${version}`, ...retry };
  }
  const { namespace, status: segment, result, monitor } = SEGMENTS[operation.style];
  const locations = `${subscription}/providers/${namespace}/locations/${operation.location}`;
  const parameters = operation.style === 'network' ? '' : `p=${randomUUID()}`;
  const query = (extra: string): string => `?${[parameters + extra, version].filter(Boolean).join('&')}`;
  return {
    'Azure-AsyncOperation': `${locations}/${segment}/${operation.id}${query('')}`,
    ...(status === 202 ? { Location: `${locations}/${result}/${operation.id}${query(monitor)}` } : {}),
    'Azure-AsyncNotification': 'Enabled',
    ...retry,
  };
}

export function retryAfter(call: ArmCall): Record<string, string> {
  const { delayMs } = call.azure.operations;
  return delayMs >= SHORTEST_RETRY_AFTER_MS ? { 'Retry-After': '10' } : {};
}

/** A page of a list; only its own items are rendered. The skip token is the offset: enough for an in-memory store. */
export function page<Item>(
  call: ArmCall,
  items: Item[],
  show: (item: Item) => unknown = (item) => item,
): ArmReply {
  const token = call.query.get('$skiptoken') ?? '0';
  const from = Number(token);
  if (!Number.isInteger(from) || from < 0)
    throw badRequest('InvalidParameter', `The skip token '${token}' is invalid.`, '$skiptoken');
  const to = from + call.azure.settings.pageSize;
  const body: { value: unknown[]; nextLink?: string } = { value: items.slice(from, to).map(show) };
  if (to < items.length) body.nextLink = nextLink(call, to);
  return { status: 200, body };
}

function nextLink(call: ArmCall, offset: number): string {
  const query = [...call.query]
    .filter(([key]) => key !== '$skiptoken')
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `${call.baseUrl}${call.path}?${[...query, `$skiptoken=${offset}`].join('&')}`;
}
