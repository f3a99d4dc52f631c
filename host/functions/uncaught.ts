import { runningFunction } from './console-capture';
import type { Log } from './logging';
import { messageOf } from './problems';

/**
 * An error of the app that nobody caught is logged, and the host goes on: on Azure it would end the worker, which the
 * host starts anew within seconds, while other functions wait.
 */
export function surviveUncaughtErrors(log: Log): void {
  const report = (kind: string) => (error: unknown) => {
    const running = runningFunction.getStore();
    const stack = error instanceof Error ? error.stack : undefined;
    log({
      level: 'critical',
      category: running ? `Function.${running.functionName}` : 'Worker',
      invocationId: running?.invocationId,
      message: `${kind}: ${stack ?? messageOf(error)}`,
    });
  };
  process.on('uncaughtException', report('Uncaught exception'));
  process.on('unhandledRejection', report('Unhandled promise rejection'));
}
