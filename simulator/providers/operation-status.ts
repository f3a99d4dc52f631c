import {
  COMPUTE_VERSIONS,
  DISK_VERSIONS,
  GALLERY_VERSIONS,
  NETWORK_VERSIONS,
} from '../resource-manager/api-versions';
import { entityNotFound } from '../resource-manager/errors';
import type { Operation } from '../resource-manager/operations';
import type { ArmCall, ArmReply, ResourceProvider } from '../resource-manager/provider';
import { retryAfter } from '../resource-manager/replies';

function findOperation(call: ArmCall): Operation {
  const operation = call.azure.operations.find(call.id.segments.at(-1) ?? '');
  if (!operation) throw entityNotFound();
  return operation;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Compute tells the times and the name, Network the status alone. */
function statusBody(operation: Operation): Record<string, unknown> {
  const { status, error } = operation;
  if (operation.style === 'network')
    return { status, ...(error ? { error: { ...error, details: [] } } : {}) };
  return {
    startTime: iso(operation.startedAt),
    ...(operation.endedAt === undefined ? {} : { endTime: iso(operation.endedAt) }),
    status,
    ...(error ? { error } : {}),
    name: operation.id,
  };
}

/** The Location URL: 202 while it runs, then 200 without a body. (Not 204: the SDK's poller of a POST refuses that.) */
export function monitor(call: ArmCall, operation: Operation): ArmReply {
  if (operation.status === 'InProgress')
    return {
      status: 202,
      headers: {
        Location: `${call.baseUrl}${call.path}?${[...call.query].map(([key, value]) => `${key}=${value}`).join('&')}`,
        ...retryAfter(call),
      },
    };
  if (operation.status === 'Failed') return { status: 409, body: { error: operation.error } };
  return { status: 200 };
}

function answer(call: ArmCall): ArmReply {
  const operation = findOperation(call);
  if (call.query.get('monitor') === 'true') return monitor(call, operation);
  const headers = operation.status === 'InProgress' ? retryAfter(call) : {};
  return { status: 200, body: statusBody(operation), headers };
}

function provider(
  type: string,
  apiVersions: string[],
  handle: (call: ArmCall) => ArmReply,
): ResourceProvider {
  const [namespace = '', ...types] = type.split('/');
  const bucket = namespace === 'Microsoft.Compute' ? { bucket: 'GetOperation' } : {};
  const operations = [{ name: 'get', method: 'GET', on: 'resource', ...bucket, handle } as const];
  return { namespace, type: types.join('/'), apiVersions, operations };
}

/** The operation resources behind Azure-AsyncOperation and Location. */
export const operationProviders: ResourceProvider[] = [
  provider(
    'Microsoft.Compute/locations/operations',
    [...new Set([...COMPUTE_VERSIONS, ...GALLERY_VERSIONS])],
    answer,
  ),
  provider('Microsoft.Compute/locations/DiskOperations', DISK_VERSIONS, answer),
  provider('Microsoft.Network/locations/operations', NETWORK_VERSIONS, answer),
  provider('Microsoft.Network/locations/operationResults', NETWORK_VERSIONS, (call) =>
    monitor(call, findOperation(call)),
  ),
];
