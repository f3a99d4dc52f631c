import { randomUUID } from 'node:crypto';
import { managementUrls, type ManagementUrls } from './client-binding';
import { statusAnswer } from './webhook-instances';
import {
  BadArgument,
  errorAnswer,
  flag,
  parseBody,
  realNumber,
  type WebhookAnswer,
  type WebhookCall,
  type WebhookParts,
} from './webhook-types';

const invalidInIds = /[/\\?#\p{Cc}]/u;

/** POST orchestrators/{name}[/{id}]. */
export async function startOrchestration(
  parts: WebhookParts,
  call: WebhookCall,
  target: { name: string; instanceId: string | undefined },
): Promise<WebhookAnswer> {
  let input: unknown;
  try {
    input = call.body.length === 0 ? undefined : parseBody(call);
  } catch {
    return errorAnswer(400, 'Invalid JSON content');
  }
  const name = knownOrchestrator(parts, target.name);
  const instanceId = target.instanceId ?? newInstanceId();
  checkInstanceId(instanceId);
  const started = await parts.engine.startNew({ name, instanceId, input });
  if (started.result === 'exists') {
    return errorAnswer(409, `An Orchestration instance with the ID ${instanceId} already exists.`);
  }
  return startedAnswer(parts, call, started.instanceId);
}

/** POST instances/{id}/restart: under a new id unless told otherwise. */
export async function restart(
  parts: WebhookParts,
  call: WebhookCall,
  instanceId: string,
): Promise<WebhookAnswer> {
  const status = await parts.engine.status(instanceId, { showInput: false });
  if (!status) {
    throw new BadArgument(
      `An orchestrastion with the instanceId ${instanceId} was not found.`,
      'InstanceId does not match a valid orchestration instance.',
    );
  }
  const withNewId = flag(call, 'restartWithNewInstanceId') ?? true;
  const restarted = await parts.engine.restart(instanceId, withNewId);
  return restarted === undefined
    ? errorAnswer(409, `An Orchestration instance with the ID ${instanceId} already exists.`)
    : startedAnswer(parts, call, restarted);
}

function startedAnswer(parts: WebhookParts, call: WebhookCall, instanceId: string): Promise<WebhookAnswer> {
  const [timeout, interval] = [realNumber(call, 'timeout'), realNumber(call, 'pollingInterval')];
  return timeout !== undefined && interval !== undefined
    ? waitForCompletion(parts, call, { instanceId, timeoutMs: timeout * 1000, intervalMs: interval * 1000 })
    : Promise.resolve(checkStatusAnswer(call, instanceId));
}

async function waitForCompletion(
  { engine }: WebhookParts,
  call: WebhookCall,
  wait: { instanceId: string; timeoutMs: number; intervalMs: number },
): Promise<WebhookAnswer> {
  if (wait.intervalMs > wait.timeoutMs) {
    throw new BadArgument(
      `Total timeout ${wait.timeoutMs / 1000} should be bigger than retry timeout ${wait.intervalMs / 1000}`,
    );
  }
  const status = await within(wait.timeoutMs, engine.whenFinished(wait.instanceId));
  if (!status) {
    return checkStatusAnswer(call, wait.instanceId);
  }
  return status.runtimeStatus === 'Completed'
    ? { status: 200, body: status.output ?? null }
    : statusAnswer(call, status, flag(call, 'returnInternalServerErrorOnFailure') ?? false);
}

/** Undefined when the time is up first. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}

function checkStatusAnswer(call: WebhookCall, instanceId: string): WebhookAnswer {
  const links: Partial<ManagementUrls> = managementUrls(call.address, instanceId);
  const location = links.statusQueryGetUri ?? '';
  // The binding has this link; the answer to a start does not.
  delete links.rewindPostUri;
  return { status: 202, body: links, headers: { location, 'retry-after': '10' } };
}

function knownOrchestrator(parts: WebhookParts, name: string): string {
  const known = parts.functionNames('orchestrator');
  const found = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (found === undefined) {
    throw new BadArgument(unknownFunction(name, 'orchestrator', known));
  }
  return found;
}

export function unknownFunction(name: string, kind: 'orchestrator' | 'entity', known: string[]): string {
  const list =
    known.length > 0
      ? `The following are the known ${kind} functions: ${known.map((one) => `'${one}'`).join(', ')}.`
      : `No ${kind} functions are currently registered!`;
  const article = kind === 'entity' ? 'an entity' : 'an orchestrator';
  return `The function '${name}' doesn't exist, is disabled, or is not ${article} function. Additional info: ${list}`;
}

function checkInstanceId(instanceId: string): void {
  if (instanceId.startsWith('@')) {
    throw new BadArgument('Orchestration instance ids must not start with @.');
  }
  if (invalidInIds.test(instanceId)) {
    throw new BadArgument('Orchestration instance ids must not contain /, \\, #, ?, or control characters.');
  }
  if (instanceId.length > 100) {
    throw new BadArgument('Instance ID lengths must not exceed 100 characters.');
  }
}

/** A GUID without hyphens, as the extension makes them. */
function newInstanceId(): string {
  return randomUUID().replaceAll('-', '');
}
