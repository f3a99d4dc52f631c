import { InvocationContext } from '@azure/functions';
import type { ActivityHandler, EntityHandler, OrchestrationHandler } from 'durable-functions';
import { createEntityFunction, createOrchestrator } from 'durable-functions/lib/src/util/testingUtils';
import type { FunctionInvoker, OrchestratorBody } from '../../../host/durable/contract';
import { toOrchestratorTrigger } from '../../../host/durable';

export interface TestApp {
  orchestrators?: Record<string, OrchestrationHandler>;
  activities?: Record<string, ActivityHandler>;
  entities?: Record<string, EntityHandler<unknown>>;
}

type Handler = (trigger: unknown, context: InvocationContext) => unknown;

/**
 * A FunctionInvoker over an app's functions: the handlers are those that `app.orchestration` and `app.entity` of
 * durable-functions register (they wrap with these two functions), called with a real InvocationContext.
 */
export function createLibraryInvoker(
  app: TestApp,
  options: { log?: (...args: unknown[]) => void } = {},
): FunctionInvoker {
  const orchestrators = wrapAll(
    app.orchestrators,
    (fn) => createOrchestrator(fn as never) as unknown as Handler,
  );
  const entities = wrapAll(app.entities, (fn) => createEntityFunction(fn as never) as unknown as Handler);
  const activities = wrapAll(app.activities, (fn) => fn as unknown as Handler);
  const context = (functionName: string, invocationId: string): InvocationContext =>
    new InvocationContext({
      functionName,
      invocationId,
      logHandler: (_level, ...args) => options.log?.(...args),
    });
  const find = (handlers: Map<string, Handler>, name: string): Handler => {
    const handler = handlers.get(name.toLowerCase());
    if (!handler) throw new Error(`No function '${name}'.`);
    return handler;
  };
  return {
    async orchestrator(name: string, body: OrchestratorBody) {
      const state = await find(orchestrators, name)(
        toOrchestratorTrigger(body),
        context(name, body.instanceId),
      );
      // As over the worker's channel.
      return JSON.parse(JSON.stringify(state)) as Awaited<ReturnType<FunctionInvoker['orchestrator']>>;
    },
    async activity(name, call) {
      const input: unknown = call.input === undefined ? undefined : JSON.parse(call.input);
      const result = await find(activities, name)(input, context(name, call.invocationId));
      return result === undefined ? undefined : JSON.stringify(result);
    },
    async entity(name, body) {
      return JSON.stringify(await find(entities, name)(JSON.parse(body), context(name, 'entity')));
    },
    has: (kind, name) =>
      ({ orchestrator: orchestrators, activity: activities, entity: entities })[kind].has(name.toLowerCase()),
  };
}

function wrapAll<T>(
  functions: Record<string, T> | undefined,
  wrap: (fn: T) => Handler,
): Map<string, Handler> {
  return new Map(Object.entries(functions ?? {}).map(([name, fn]) => [name.toLowerCase(), wrap(fn)]));
}
