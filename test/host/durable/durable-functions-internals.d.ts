/** What `app.orchestration` and `app.entity` wrap their handlers with; the package publishes no types for it. */
declare module 'durable-functions/lib/src/util/testingUtils' {
  import type { InvocationContext } from '@azure/functions';

  type Wrapped = (trigger: unknown, context: InvocationContext) => Promise<unknown>;
  export function createOrchestrator(fn: unknown): Wrapped;
  export function createEntityFunction(fn: unknown): Wrapped;
}
