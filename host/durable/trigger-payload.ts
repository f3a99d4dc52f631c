import type { OrchestratorBody } from './contract';

/** The value an orchestration trigger hands to the function: durable-functions' `getInput()` returns `input` as it finds it. */
export function toOrchestratorTrigger(body: OrchestratorBody): Record<string, unknown> {
  return { ...body, input: body.input === undefined ? null : (JSON.parse(body.input) as unknown) };
}
