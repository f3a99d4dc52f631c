import type { CloudFailure } from '../errors';
import type { OperationStatus, OperationToken } from '../ports';
import type { Arm } from './arm';
import { failureOfAnswer, retryAfterOf, toCloudFailure, type ArmError } from './cloud-failure';

/**
 * Long-running operations. The SDK's pollers are used up to the first answer alone, and the operation's URL is asked here:
 * their `poll` loses the code of a failed operation (a plain Error), waits by itself, and reads the resource once more
 * than a status needs. A token is what ARM's contract says is enough to go on: the URL of the operation.
 */
interface Token {
  /** `operation`: Azure-AsyncOperation. `location`: Location, 202 until done. `resource`: its provisioningState. */
  kind: 'operation' | 'location' | 'resource';
  url: string;
  /** Of a PUT or PATCH: an operation may succeed and leave the resource Failed. */
  resourceUrl?: string;
}

interface FirstAnswer {
  status: number;
  headers: { get(name: string): string | undefined };
  request: { url: string; method: string };
  parsedBody?: unknown;
}

interface Body {
  status?: string;
  error?: ArmError;
  properties?: { provisioningState?: string };
}

interface Submitting {
  /** Resolves after the first answer. */
  submitted(): Promise<void>;
}

/** Sends the first request of an operation. `send` gets the options of the SDK's call. */
export async function submit(
  arm: Arm,
  send: (options: { abortSignal: AbortSignal; onResponse: (answer: FirstAnswer) => void }) => Submitting,
): Promise<OperationToken> {
  let answer: FirstAnswer | undefined;
  const onResponse = (next: FirstAnswer) => {
    answer ??= next;
  };
  try {
    await send({ ...arm.callOptions(), onResponse }).submitted();
  } catch (error) {
    throw answer && answer.status >= 400 ? failureOfFirstAnswer(answer) : toCloudFailure(error);
  }
  const token = answer && tokenOf(answer);
  return token ? JSON.stringify(token) : null;
}

/** The pollers' error lacks the nested details, which tell throttling from quota. */
function failureOfFirstAnswer({ status, headers, parsedBody }: FirstAnswer): CloudFailure {
  const { error } = (parsedBody ?? {}) as Body;
  return failureOfAnswer({
    statusCode: status,
    error,
    retryAfterMs: retryAfterOf(headers.get('retry-after')),
  });
}

function tokenOf({ status, headers, request, parsedBody }: FirstAnswer): Token | undefined {
  const resourceUrl = /^(PUT|PATCH)$/.test(request.method) ? request.url : undefined;
  const operation = headers.get('azure-asyncoperation') ?? headers.get('operation-location');
  if (operation) return { kind: 'operation', url: operation, ...(resourceUrl && { resourceUrl }) };
  const location = headers.get('location');
  if (status === 202 && location) {
    return { kind: 'location', url: location, ...(resourceUrl && { resourceUrl }) };
  }
  if (!resourceUrl || status >= 300) return undefined;
  return provisioningStateOf(parsedBody as Body) === 'succeeded'
    ? undefined
    : { kind: 'resource', url: resourceUrl };
}

/** Asks once how an operation stands. */
export async function pollOperation(arm: Arm, operation: string): Promise<OperationStatus> {
  const token = JSON.parse(operation) as Token;
  const answer = await arm.get(token.url);
  const body = await bodyOf(answer);
  const retryAfterMs = retryAfterOf(answer.headers.get('retry-after'));
  if (answer.status === 404) return outcomeOfForgotten(arm, token);
  if (answer.status >= 400) {
    throw failureOfAnswer({ statusCode: answer.status, error: body.error, retryAfterMs });
  }
  if (token.kind === 'resource') return outcomeOfResource(body, retryAfterMs);
  const unsaid = answer.status === 202 ? 'InProgress' : 'Succeeded';
  const status = ((token.kind === 'operation' && body.status) || unsaid).toLowerCase();
  if (status === 'failed' || status.startsWith('cancel')) return failed(body.error, status);
  if (status !== 'succeeded') return { state: 'running', retryAfterMs };
  return token.resourceUrl ? outcomeAfterSuccess(arm, token.resourceUrl) : { state: 'succeeded' };
}

/**
 * ARM forgets operations after a while, so 404 says nothing about how one ended: a creation is told by its resource;
 * a deletion's or action's caller looks at what is there anyway.
 */
async function outcomeOfForgotten(arm: Arm, token: Token): Promise<OperationStatus> {
  const notThere = {
    code: 'ResourceNotFound',
    message: 'Azure knows neither the operation nor its resource.',
  };
  if (token.kind === 'resource') return { state: 'failed', ...notThere };
  if (!token.resourceUrl) return { state: 'succeeded' };
  const answer = await arm.get(token.resourceUrl);
  if (answer.status === 404) return { state: 'failed', ...notThere };
  return readOutcome(answer);
}

/** One more read after success, for a resource that failed all the same; one deleted since is no failure. */
async function outcomeAfterSuccess(arm: Arm, resourceUrl: string): Promise<OperationStatus> {
  const answer = await arm.get(resourceUrl);
  if (answer.status === 404) return { state: 'succeeded' };
  const outcome = await readOutcome(answer);
  // Another operation may have begun since; this one has succeeded.
  return outcome.state === 'failed' ? outcome : { state: 'succeeded' };
}

async function readOutcome(answer: Response): Promise<OperationStatus> {
  const body = await bodyOf(answer);
  const retryAfterMs = retryAfterOf(answer.headers.get('retry-after'));
  if (answer.status >= 400) {
    throw failureOfAnswer({ statusCode: answer.status, error: body.error, retryAfterMs });
  }
  return outcomeOfResource(body, retryAfterMs);
}

function outcomeOfResource(body: Body, retryAfterMs: number | null): OperationStatus {
  const state = provisioningStateOf(body);
  if (state === 'failed' || state.startsWith('cancel')) return failed(undefined, state);
  return state === 'succeeded' ? { state: 'succeeded' } : { state: 'running', retryAfterMs };
}

/** A resource without the property is there, and that is all that there is to wait for. */
function provisioningStateOf(body: Body | undefined): string {
  return (body?.properties?.provisioningState ?? 'succeeded').toLowerCase();
}

function failed(error: ArmError | undefined, status: string): OperationStatus {
  const isCanceled = status.startsWith('cancel');
  return {
    state: 'failed',
    code: error?.code || (isCanceled ? 'OperationCanceled' : 'ProvisioningFailed'),
    message: error?.message || `Azure says that the operation ${isCanceled ? 'was canceled' : 'failed'}.`,
  };
}

async function bodyOf(answer: Response): Promise<Body> {
  try {
    const text = await answer.text();
    return text === '' ? {} : (JSON.parse(text) as Body);
  } catch (error) {
    if (answer.status >= 400) return {};
    throw toCloudFailure(error);
  }
}
