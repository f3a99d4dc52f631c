import { connectionString, resolveSettings } from './app-settings';
import type { BindingInfo } from './core-types';
import { InvalidRoute } from './http/route-constraints';
import { parseRouteTemplate, type RouteTemplate } from './http/route-template';
import { messageOf } from './problems';
import { isQueueName } from './queue/queue-name';
import { parseSchedule, type Schedule } from './timer/schedule';

export type AuthLevel = 'anonymous' | 'function' | 'admin';

export interface HttpTrigger {
  kind: 'http';
  route: RouteTemplate;
  methods: string[];
  authLevel: AuthLevel;
}

export interface TimerTrigger {
  kind: 'timer';
  schedule: Schedule;
  runOnStartup: boolean;
  /** Undefined: as Azure decides, by the length of the interval. */
  useMonitor: boolean | undefined;
}

export interface QueueTrigger {
  kind: 'queue';
  queueName: string;
  connection: string;
  binary: boolean;
}

export interface DurableTrigger {
  kind: 'orchestrator' | 'activity' | 'entity';
}

export type Trigger = HttpTrigger | TimerTrigger | QueueTrigger | DurableTrigger;

/** What a binding is read with. */
export interface BindingContext {
  environment: NodeJS.ProcessEnv;
  /** Takes what is wrong with it. */
  problems: string[];
}

const durableKinds: Record<string, DurableTrigger['kind']> = {
  orchestrationtrigger: 'orchestrator',
  activitytrigger: 'activity',
  entitytrigger: 'entity',
};

const standardMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT'];
const authLevels: AuthLevel[] = ['anonymous', 'function', 'admin'];

/** Reads a trigger binding; what is wrong with it goes to `problems`, and the answer is undefined. */
export function readTrigger(
  functionName: string,
  binding: BindingInfo,
  context: BindingContext,
): Trigger | undefined {
  const type = (binding.type ?? '').toLowerCase();
  const durableKind = durableKinds[type];
  if (durableKind) {
    return { kind: durableKind };
  }
  switch (type) {
    case 'httptrigger':
      return readHttp(functionName, binding, context.problems);
    case 'timertrigger':
      return readTimer(binding, context);
    case 'queuetrigger':
      return readQueue(binding, context);
    default:
      context.problems.push(`trigger type "${binding.type}" is not one this host has.`);
      return undefined;
  }
}

function readHttp(functionName: string, binding: BindingInfo, problems: string[]): HttpTrigger | undefined {
  const methods = Array.isArray(binding['methods'])
    ? binding['methods'].map((m) => String(m).toUpperCase())
    : [];
  const unknown = methods.filter((method) => !standardMethods.includes(method));
  const level = String(binding['authLevel'] ?? 'function').toLowerCase();
  const authLevel = authLevels.find((known) => known === level);
  if (unknown.length > 0) {
    problems.push(`HTTP methods ${unknown.join(', ')} are unknown.`);
  }
  if (!authLevel) {
    problems.push(`authLevel "${level}" is unknown: anonymous, function or admin.`);
  }
  const route = binding['route'];
  const text = typeof route === 'string' ? route : functionName;
  try {
    const template = parseRouteTemplate(text);
    return (
      authLevel && {
        kind: 'http',
        route: template,
        methods: methods.length ? methods : standardMethods,
        authLevel,
      }
    );
  } catch (error) {
    if (!(error instanceof InvalidRoute)) {
      throw error;
    }
    problems.push(`route "${text}" is invalid: ${error.message}.`);
    return undefined;
  }
}

function readTimer(
  binding: BindingInfo,
  { environment, problems }: BindingContext,
): TimerTrigger | undefined {
  const { value, missing } = resolveSettings(String(binding['schedule'] ?? ''), environment);
  if (missing !== undefined) {
    problems.push(`the schedule names the setting "${missing}", which does not exist.`);
    return undefined;
  }
  try {
    return {
      kind: 'timer',
      schedule: parseSchedule(value, environment['WEBSITE_TIME_ZONE']),
      runOnStartup: binding['runOnStartup'] === true,
      useMonitor: typeof binding['useMonitor'] === 'boolean' ? binding['useMonitor'] : undefined,
    };
  } catch (error) {
    problems.push(`schedule "${value}" is invalid: ${messageOf(error)}`);
    return undefined;
  }
}

function readQueue(binding: BindingInfo, context: BindingContext): QueueTrigger | undefined {
  const target = readQueueTarget(binding, context);
  return target && { kind: 'queue', ...target, binary: binding['dataType'] === 'binary' };
}

/** Queue and connection of a trigger or an output binding. */
export function readQueueTarget(
  binding: BindingInfo,
  { environment, problems }: BindingContext,
): { queueName: string; connection: string } | undefined {
  const { value, missing } = resolveSettings(String(binding['queueName'] ?? ''), environment);
  const queueName = value.toLowerCase();
  if (missing !== undefined) {
    problems.push(`queueName names the setting "${missing}", which does not exist.`);
  } else if (!isQueueName(queueName)) {
    problems.push(`queueName "${queueName}" is no name a storage queue can have.`);
  }
  const setting = typeof binding['connection'] === 'string' ? binding['connection'] : undefined;
  const connection = connectionString(setting, environment);
  if (connection === undefined) {
    problems.push(`the connection setting "${setting ?? 'AzureWebJobsStorage'}" does not exist.`);
  }
  const valid = missing === undefined && isQueueName(queueName) && connection !== undefined;
  return valid ? { queueName, connection } : undefined;
}
