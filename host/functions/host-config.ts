import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { LogLevel } from './core-types';
import { parseJsonWithComments } from './json-with-comments';
import { readLogLevel } from './logging';
import { messageOf } from './problems';
import { parseTimeSpan } from './time-span';

export interface QueueOptions {
  batchSize: number;
  newBatchThreshold: number;
  maxDequeueCount: number;
  visibilityTimeoutMs: number;
  maxPollingIntervalMs: number;
  messageEncoding: 'base64' | 'none';
}

/** What this host reads of host.json. Anything else in the file is for Azure and is left alone. */
export interface HostConfig {
  routePrefix: string;
  logLevel: Record<string, LogLevel>;
  queues: QueueOptions;
  /** `extensions.durableTask` as written: the engine reads its own limits from it. */
  durableTask: Record<string, unknown>;
  hubName: string;
  /** The functions to run, when host.json names them; all of them otherwise. */
  onlyFunctions: string[] | undefined;
}

const settingPrefix = 'AzureFunctionsJobHost__';

export function readHostConfig(
  directory: string,
  environment: NodeJS.ProcessEnv,
  problems: string[],
): HostConfig {
  const root = readHostJson(path.join(directory, 'host.json'), problems);
  applyOverrides(root, environment);
  if (root['version'] !== '2.0') {
    problems.push('host.json: "version" must be "2.0".');
  }
  const extensions = section(root, 'extensions');
  const durableTask = section(extensions, 'durableTask');
  const hubName = text(durableTask['hubName']) ?? environment['WEBSITE_SITE_NAME'] ?? 'TestHubName';
  return {
    routePrefix: (text(section(extensions, 'http')['routePrefix']) ?? 'api').replace(/^\/+|\/+$/g, ''),
    logLevel: readLogLevels(section(section(root, 'logging'), 'logLevel'), problems),
    queues: readQueueOptions(section(extensions, 'queues'), problems),
    durableTask,
    hubName: hubName.replace(/%([^%]+)%/g, (whole, name: string) => environment[name] ?? whole),
    onlyFunctions: Array.isArray(root['functions']) ? root['functions'].map(String) : undefined,
  };
}

function readHostJson(file: string, problems: string[]): Record<string, unknown> {
  if (!existsSync(file)) {
    problems.push(`${file} does not exist.`);
    return { version: '2.0' };
  }
  try {
    const value = parseJsonWithComments(readFileSync(file, 'utf8'));
    return isRecord(value) ? value : {};
  } catch (error) {
    problems.push(`host.json is not JSON: ${messageOf(error)}`);
    return { version: '2.0' };
  }
}

/** `AzureFunctionsJobHost__a__b=value` stands for `{ "a": { "b": value } }`, as on Azure. */
function applyOverrides(root: Record<string, unknown>, environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!name.toLowerCase().startsWith(settingPrefix.toLowerCase())) {
      continue;
    }
    const keys = name.slice(settingPrefix.length).split('__');
    const last = keys.pop() ?? '';
    let target = root;
    for (const key of keys) {
      const name = sameKey(target, key);
      const next = target[name];
      target = isRecord(next) ? next : ((target[name] = {}) as Record<string, unknown>);
    }
    target[sameKey(target, last)] = value;
  }
}

function sameKey(target: Record<string, unknown>, key: string): string {
  return Object.keys(target).find((known) => known.toLowerCase() === key.toLowerCase()) ?? key;
}

function readLogLevels(levels: Record<string, unknown>, problems: string[]): Record<string, LogLevel> {
  const result: Record<string, LogLevel> = {};
  for (const [category, value] of Object.entries(levels)) {
    const level = readLogLevel(value);
    if (level) {
      result[category] = level;
    } else {
      problems.push(
        `host.json: logging.logLevel.${category} is ${JSON.stringify(value)}, which is no log level.`,
      );
    }
  }
  return result;
}

function readQueueOptions(queues: Record<string, unknown>, problems: string[]): QueueOptions {
  const number = (name: string, fallback: number, [least, most]: [number, number]): number => {
    const value = queues[name] === undefined ? fallback : Number(queues[name]);
    if (!Number.isInteger(value) || value < least || value > most) {
      problems.push(`host.json: extensions.queues.${name} must be a whole number from ${least} to ${most}.`);
      return fallback;
    }
    return value;
  };
  const time = (name: string, fallbackMs: number): number => {
    const value = queues[name];
    const milliseconds = value === undefined ? fallbackMs : parseTimeSpan(String(value));
    if (milliseconds === undefined) {
      problems.push(
        `host.json: extensions.queues.${name} is ${JSON.stringify(value)}, which is no hh:mm:ss.`,
      );
    }
    return milliseconds ?? fallbackMs;
  };
  const batchSize = number('batchSize', 16, [1, 32]);
  return {
    batchSize,
    newBatchThreshold: number('newBatchThreshold', Math.floor(batchSize / 2), [0, 1_000_000]),
    maxDequeueCount: number('maxDequeueCount', 5, [1, 1_000_000]),
    visibilityTimeoutMs: time('visibilityTimeout', 0),
    maxPollingIntervalMs: Math.max(time('maxPollingInterval', 60_000), 100),
    messageEncoding: text(queues['messageEncoding'])?.toLowerCase() === 'none' ? 'none' : 'base64',
  };
}

function section(parent: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = parent[sameKey(parent, name)];
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
