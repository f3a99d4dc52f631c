import {
  app as functions,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from '@azure/functions';
import * as df from 'durable-functions';
import { z } from 'zod';
import { IdempotencyKey, type ErrorEnvelope } from '../../shared/contracts';
import { ApiError, CloudFailure, RecordConflict } from '../../shared/errors';
import type { App } from '../app';
import { problemsOf } from './problems';

/** What a handler is given beside the app. */
export interface Call {
  request: HttpRequest;
  context: InvocationContext;
  durable: df.DurableClient;
  /** The job that calls by its token; absent: whoever holds a key, or a VM. */
  callerJob?: string;
}

export interface Route {
  name: string;
  method: HttpMethod;
  /** Below `/api/`. */
  path: string;
  /** `function`: needs a key. `anonymous`: the handler checks a token itself. */
  authLevel?: 'function' | 'anonymous';
  handle(call: Call): Promise<HttpResponseInit>;
}

/** Registers routes: whatever a handler throws becomes ARM's error envelope, and no error leaves half a change behind it unsaid. */
export function registerRoutes(app: App, routes: Route[]): void {
  for (const route of routes) {
    functions.http(route.name, {
      methods: [route.method],
      route: route.path,
      authLevel: route.authLevel ?? 'function',
      extraInputs: [df.input.durableClient()],
      handler: async (request, context) => {
        try {
          await app.prepared();
          return await route.handle({ request, context, durable: df.getClient(context) });
        } catch (error) {
          return errorAnswer(error, context);
        }
      },
    });
  }
}

function errorAnswer(error: unknown, context: InvocationContext): HttpResponseInit {
  if (error instanceof ApiError) {
    const { target, details, retryAfterMs } = error.options;
    const body: ErrorEnvelope = { error: { code: error.code, message: error.message, target, details } };
    const headers: Record<string, string> = retryAfterMs
      ? { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }
      : {};
    return { status: error.status, headers, jsonBody: body };
  }
  if (error instanceof RecordConflict) {
    const message =
      'Another request changed the same thing at the same moment: read it again and repeat yours.';
    return { status: 409, jsonBody: { error: { code: 'ConcurrentChange', message } } };
  }
  if (error instanceof CloudFailure) {
    const message = `Azure did not answer as asked: ${error.message}`;
    const seconds = Math.ceil((error.details.retryAfterMs ?? 5000) / 1000);
    const headers = { 'Retry-After': String(seconds) };
    return { status: 503, headers, jsonBody: { error: { code: error.code, message } } };
  }
  context.error(error);
  const message = `Something failed on our side; nothing is known to be wrong with the request. Invocation ${context.invocationId}.`;
  return { status: 500, jsonBody: { error: { code: 'InternalError', message } } };
}

const maxBodyBytes = 4 * 1024 * 1024;

/** The body, of the schema's shape. Throws ApiError with every problem by path. */
export async function parseBody<Body>(request: HttpRequest, schema: z.ZodType<Body>): Promise<Body> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > maxBodyBytes) throw tooLarge();
  const text = await request.text();
  if (Buffer.byteLength(text) > maxBodyBytes) throw tooLarge();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const message = `The body is not JSON: ${(error as Error).message}.`;
    throw new ApiError(400, 'InvalidJson', message);
  }
  return parseShape(json, schema);
}

export function parseShape<Value>(value: unknown, schema: z.ZodType<Value>, root = ''): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const details = problemsOf(parsed.error, root);
  const message = `The request has ${details.length} problem${details.length === 1 ? '' : 's'}: ${details.map((detail) => `${detail.target}: ${detail.message}`).join('; ')}`;
  throw new ApiError(400, 'InvalidRequest', message, { details });
}

function tooLarge(): ApiError {
  return new ApiError(413, 'PayloadTooLarge', `A body may have at most ${maxBodyBytes} bytes.`);
}

/** A part of the route, of the schema's shape. */
export function pathParameter<Value>(request: HttpRequest, name: string, schema: z.ZodType<Value>): Value {
  return parseShape(request.params[name], schema, name);
}

const QueryNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number, 0 or more')
  .transform(Number);

export function queryNumber(
  request: HttpRequest,
  name: string,
  limits: { fallback?: number; max?: number } = {},
): number | undefined {
  const text = request.query.get(name);
  if (text === null) return limits.fallback;
  const max = limits.max ?? Number.MAX_SAFE_INTEGER;
  return parseShape(
    text,
    QueryNumber.refine((number) => number <= max, `must be at most ${max}`),
    name,
  );
}

/** Repeats that bear the same are one request. A job's keys are its own. */
export function idempotencyKey({
  request,
  callerJob,
}: Pick<Call, 'request' | 'callerJob'>): string | undefined {
  const key = request.headers.get('idempotency-key') ?? undefined;
  if (key === undefined) return undefined;
  parseShape(key, IdempotencyKey, 'Idempotency-Key');
  return callerJob === undefined ? key : `${callerJob}/${key}`;
}
