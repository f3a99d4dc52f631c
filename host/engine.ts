import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { DurableEngine, HostClock } from './durable/contract';
import { createDurableEngine, createSystemClock } from './durable/index';
import type { EngineParts } from './options';

export function systemClock(): HostClock {
  return createSystemClock();
}

/** Opens the durable engine on `<state>/durable.sqlite`, with the limits host.json gives the extension. */
export function openEngine(parts: EngineParts): DurableEngine {
  const { clock, hubName, invoker, log, settings, stateDirectory } = parts;
  mkdirSync(stateDirectory, { recursive: true });
  // The extension's own defaults: ten times the processors for either.
  const limit = (name: string): number => positive(settings[name]) ?? 10 * availableParallelism();
  return createDurableEngine({
    file: path.join(stateDirectory, 'durable.sqlite'),
    invoker,
    clock,
    hubName,
    maxConcurrentActivities: limit('maxConcurrentActivityFunctions'),
    maxConcurrentOrchestrations: limit('maxConcurrentOrchestratorFunctions'),
    log: (message) => log({ level: 'warning', category: 'Host.Triggers.DurableTask', message }),
  });
}

function positive(value: unknown): number | undefined {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
