import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Azure } from '../azure';
import type { CallLog } from '../call-log';
import type { Fault, FaultBook } from '../faults';
import { authenticate } from '../identity/authenticate';
import { checkBody } from './body-shapes';
import { ArmError, badRequest, conflict, resourceGroupNotFound } from './errors';
import type { ArmCall, ArmReply, Method } from './provider';
import { checkApiVersion, type Route, type Router } from './router';
import type { ArmResource } from './store';
import type { Throttle } from './throttle';
import type { TrackedBody } from './tracked-resource';

/** An endpoint beside Resource Manager: tokens, keys, boot logs, control. Answers undefined when the path is not its own. */
export type SideEndpoint = (request: SideRequest) => Promise<SideReply | undefined> | SideReply | undefined;

export interface SideRequest {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
  baseUrl: string;
}

export interface SideReply {
  status: number;
  body?: unknown;
  text?: string;
  headers?: Record<string, string>;
}

export interface ServerParts {
  azure: Azure;
  router: Router;
  throttle: Throttle;
  faults: FaultBook;
  calls: CallLog;
  sides: SideEndpoint[];
}

/** Resource Manager refuses larger requests (4 MB). */
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;

interface Exchange {
  parts: ServerParts;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  text: string;
  baseUrl: string;
  startedAt: number;
  operationName: string;
  fault?: Fault | undefined;
  headers: Record<string, string>;
}

export function createSimulatorServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    void serve(parts, request, response).catch((error: unknown) => {
      process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
      response.destroy();
    });
  });
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = Date.now();
  const baseUrl = `http://${request.headers.host ?? 'localhost'}`;
  const url = new URL(request.url ?? '/', baseUrl);
  const text = await readBody(request);
  for (const side of parts.sides) {
    const reply = await side({
      method: request.method ?? 'GET',
      url,
      headers: request.headers,
      body: text ?? '',
      baseUrl,
    });
    if (reply) return writeSide(response, reply);
  }
  const headers = {
    'x-ms-request-id': randomUUID(),
    'x-ms-correlation-request-id': String(request.headers['x-ms-correlation-request-id'] ?? randomUUID()),
  };
  const exchange: Exchange = {
    parts,
    request,
    response,
    url,
    text: text ?? '',
    baseUrl,
    startedAt,
    operationName: 'unknown',
    headers,
  };
  const reply = text === undefined ? tooLarge() : await answer(exchange);
  finish(exchange, reply);
}

function tooLarge(): ArmReply {
  return {
    status: 413,
    body: new ArmError(
      413,
      'RequestContentTooLarge',
      `The request content size exceeds the maximum size of ${LARGEST_BODY_BYTES} bytes.`,
    ).body(),
  };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_BODY_BYTES) chunks.push(chunk);
  }
  return size > LARGEST_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

async function answer(exchange: Exchange): Promise<ArmReply> {
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
  const route = parts.router.find(method, decodeURI(url.pathname));
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

function faultError(fault: Fault): ArmError {
  const status = fault.status ?? 500;
  const headers: Record<string, string> = {};
  if (fault.retryAfterSeconds !== undefined) headers['Retry-After'] = String(fault.retryAfterSeconds);
  else if (status === 429) headers['Retry-After'] = '1';
  return new ArmError(
    status,
    fault.code ?? 'InternalServerError',
    fault.message ?? 'The server encountered an error. Please retry the request.',
    { headers },
  );
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

function finish(exchange: Exchange, reply: ArmReply): void {
  const { parts, request, response, url, fault } = exchange;
  const method = request.method ?? 'GET';
  const isDropped = fault?.dropAnswer === true;
  const final = isDropped && fault.status !== undefined ? toReply(faultError(fault)) : reply;
  const logged = {
    at: new Date(parts.azure.clock.now()).toISOString(),
    method,
    url: url.pathname + url.search,
    operation: exchange.operationName,
  };
  parts.calls.add({ ...logged, status: final.status, ...(fault ? { fault: fault.id } : {}) });
  if (isDropped && fault.status === undefined) {
    response.destroy();
    return;
  }
  const headers = writeReply(exchange, final);
  parts.calls.record({
    t: exchange.startedAt,
    ms: Date.now() - exchange.startedAt,
    method,
    url: exchange.baseUrl + url.pathname + url.search,
    requestHeaders: request.headers,
    requestBody: recordable(exchange.text),
    status: final.status,
    responseHeaders: headers,
    responseBody: method === 'HEAD' ? null : (final.body ?? null),
  });
}

function recordable(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function toReply(error: ArmError): ArmReply {
  return { status: error.status, body: error.body(), headers: error.headers };
}

function writeReply(exchange: Exchange, reply: ArmReply): Record<string, string> {
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  const headers: Record<string, string> = {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: '-1',
    ...(reply.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...exchange.headers,
    'x-ms-routing-request-id': `SIMULATOR:${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}Z:${randomUUID()}`,
    'x-content-type-options': 'nosniff',
    ...reply.headers,
    ...(reply.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
  };
  exchange.response.writeHead(reply.status, headers);
  exchange.response.end(exchange.request.method === 'HEAD' ? undefined : text);
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
}

function writeSide(response: ServerResponse, reply: SideReply): void {
  const isText = reply.text !== undefined;
  const text = reply.text ?? (reply.body === undefined ? '' : JSON.stringify(reply.body));
  response.writeHead(reply.status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    ...reply.headers,
  });
  response.end(text);
}
