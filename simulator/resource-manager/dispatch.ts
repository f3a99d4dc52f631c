import type { IncomingMessage } from 'node:http';
import type { Azure } from '../azure';
import type { CallLog } from '../call-log';
import type { Fault, FaultBook } from '../faults';
import { authenticate } from '../identity/authenticate';
import { checkBody } from './body-shapes';
import { ArmError, badRequest, conflict, resourceGroupNotFound } from './errors';
import type { ArmCall, ArmReply, Method } from './provider';
import { checkApiVersion, type Route, type Router } from './router';
import type { SideEndpoint } from './side-endpoint';
import type { ArmResource } from './store';
import type { Throttle } from './throttle';
import type { TrackedBody } from './tracked-resource';

export interface ServerParts {
  azure: Azure;
  router: Router;
  throttle: Throttle;
  faults: FaultBook;
  calls: CallLog;
  sides: SideEndpoint[];
}

/** One request to Resource Manager on its way through. */
export interface Exchange {
  parts: ServerParts;
  request: IncomingMessage;
  url: URL;
  text: string;
  baseUrl: string;
  startedAt: number;
  operationName: string;
  fault?: Fault | undefined;
  headers: Record<string, string>;
}

/** What Resource Manager answers: the checks in the order in which ARM makes them, then the provider. */
export async function answer(exchange: Exchange): Promise<ArmReply> {
  try {
    return await dispatch(exchange);
  } catch (error) {
    if (error instanceof ArmError)
      return { status: error.status, body: error.body(), headers: error.headers };
    process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
    const internal = new ArmError(
      500,
      'InternalServerError',
      "Encountered internal server error. Diagnostic information: see the simulator's standard error.",
    );
    return { status: 500, body: internal.body() };
  }
}

async function dispatch(exchange: Exchange): Promise<ArmReply> {
  const { parts, request, url } = exchange;
  const method = (request.method ?? 'GET') as Method;
  const principal = authenticate(parts.azure.tokens, request.headers.authorization);
  const route = parts.router.find(method, decodePath(url.pathname));
  exchange.operationName = `${route.provider.type}.${route.operation.name}`;
  exchange.fault = parts.faults.strike({
    operationName: exchange.operationName,
    method,
    url: url.pathname + url.search,
  });
  await refuseByFault(exchange);
  const call = toCall(exchange, route, method);
  const location = (call.body as TrackedBody | undefined)?.location ?? '';
  checkApiVersion(route, method, {
    version: call.apiVersion || undefined,
    location,
    locations: parts.azure.locations,
  });
  checkScope(call, route);
  Object.assign(exchange.headers, parts.throttle.admit(principal.oid, method));
  Object.assign(exchange.headers, parts.throttle.admitToCompute(route.operation, call));
  if (route.operation.shape !== undefined)
    checkBody(route.provider.namespace, route.operation.shape, call.body);
  return route.operation.handle(call);
}

/** Delays, and answers instead of the provider unless the fault is one that lets the work happen. */
async function refuseByFault(exchange: Exchange): Promise<void> {
  const { fault, parts } = exchange;
  if (!fault) return;
  if (fault.delayMs) await parts.azure.clock.sleep(fault.delayMs);
  if (fault.dropAnswer || fault.asyncError || fault.status === undefined) return;
  throw faultError(fault);
}

export function faultError(fault: Fault): ArmError {
  const status = fault.status ?? 500;
  const headers: Record<string, string> = {};
  if (fault.retryAfterSeconds !== undefined) headers['Retry-After'] = String(fault.retryAfterSeconds);
  else if (status === 429) headers['Retry-After'] = '1';
  return new ArmError(status, fault.code ?? 'InternalServerError', {
    message: fault.message ?? 'The server encountered an error. Please retry the request.',
    headers,
  });
}

function toCall(exchange: Exchange, route: Route, method: Method): ArmCall {
  const { url, baseUrl, request, parts } = exchange;
  const query = new Map([...url.searchParams].map(([key, value]) => [key.toLowerCase(), value]));
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  return {
    azure: parts.azure,
    operationName: exchange.operationName,
    method,
    id: route.id,
    path: route.path,
    query,
    headers,
    body: parseBody(exchange.text),
    apiVersion: query.get('api-version') ?? '',
    baseUrl,
    matched: route.matched,
    asyncError: exchange.fault?.asyncError,
  };
}

function parseBody(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(
      'InvalidRequestContent',
      `The request content was invalid and could not be deserialized: '${(error as Error).message}'.`,
    );
  }
}

/** Subscription and resource group must exist before a provider is asked. */
function checkScope(call: ArmCall, route: Route): void {
  const { subscriptionId, resourceGroup } = call.id;
  if (subscriptionId && subscriptionId.toLowerCase() !== call.azure.subscriptionId.toLowerCase()) {
    const isGuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(subscriptionId);
    if (!isGuid)
      throw badRequest(
        'InvalidSubscriptionId',
        `The provided subscription identifier '${subscriptionId}' is malformed or invalid.`,
      );
    throw new ArmError(
      404,
      'SubscriptionNotFound',
      `The subscription '${subscriptionId}' could not be found.`,
    );
  }
  if (!resourceGroup || route.operation.pattern) return;
  const group = call.azure.store.find<ArmResource>(
    `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`,
  );
  if (!group) throw resourceGroupNotFound(resourceGroup);
  if (
    group.properties['provisioningState'] === 'Deleting' &&
    (call.method === 'PUT' || call.method === 'PATCH')
  ) {
    throw conflict(
      'ResourceGroupBeingDeleted',
      `The resource group '${resourceGroup}' is in deprovisioning state and cannot perform this operation.`,
    );
  }
}

function decodePath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    throw badRequest('InvalidRequestUri', `The request URI '${path}' is not correctly encoded.`);
  }
}
