import { AsyncLocalStorage } from 'node:async_hooks';
import { formatMessage, type Log } from './logging';
import type { LogLevel } from './core-types';

export interface RunningFunction {
  functionName: string;
  invocationId: string;
}

/** Which invocation the code at hand belongs to: a `console` call says nothing of it. */
export const runningFunction = new AsyncLocalStorage<RunningFunction>();

const consoleLevels = {
  log: 'information',
  info: 'information',
  debug: 'debug',
  trace: 'trace',
  warn: 'warning',
  error: 'error',
} as const satisfies Record<string, LogLevel>;

/**
 * Sends `console` of the app to the log. Azure's host reads the worker's output streams and logs each line;
 * in one process the calls themselves are taken, so that stdout keeps to the one line that says "ready".
 */
export function captureConsole(log: Log): () => void {
  const original = { ...console };
  for (const [method, level] of Object.entries(consoleLevels) as [keyof typeof consoleLevels, LogLevel][]) {
    console[method] = (...args: unknown[]) => {
      const running = runningFunction.getStore();
      log({
        level,
        category: running ? `Function.${running.functionName}.User` : 'Host.Function.Console',
        message: formatMessage(...args),
        invocationId: running?.invocationId,
      });
    };
  }
  return () => void Object.assign(console, original);
}
