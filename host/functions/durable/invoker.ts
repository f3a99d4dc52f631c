import { randomUUID } from 'node:crypto';
import type { FunctionInvoker, OrchestratorBody, OrchestratorOutcome } from '../../durable/contract';
import { toOrchestratorTrigger } from '../../durable/index';
import type { TypedData } from '../core-types';
import type { FunctionDefinition } from '../function-definitions';
import type { FunctionRunner } from '../function-runner';
import { typedDataToJson } from '../typed-data';

type Kind = 'orchestrator' | 'activity' | 'entity';

const reason = '(null)';
/** A failed orchestrator throws; its state rides behind this label in the message (OutOfProcExceptionHelpers.cs). */
const stateLabel = '\n\n$OutOfProcData$:';

/** Runs the app's orchestrators, activities and entities for the engine, as the extension's listeners do. */
export class DurableInvoker implements FunctionInvoker {
  readonly #byKind: Record<Kind, Map<string, FunctionDefinition>> = {
    orchestrator: new Map(),
    activity: new Map(),
    entity: new Map(),
  };
  readonly #runner: FunctionRunner;

  constructor(definitions: FunctionDefinition[], runner: FunctionRunner) {
    this.#runner = runner;
    for (const definition of definitions) {
      const { kind } = definition.trigger;
      if (kind === 'orchestrator' || kind === 'activity' || kind === 'entity') {
        this.#byKind[kind].set(definition.name.toLowerCase(), definition);
      }
    }
  }

  has(kind: Kind, name: string): boolean {
    return this.#byKind[kind].has(name.toLowerCase());
  }

  names(kind: Kind): string[] {
    return [...this.#byKind[kind].values()].map(({ name }) => name);
  }

  async orchestrator(name: string, body: OrchestratorBody): Promise<OrchestratorOutcome> {
    const definition = this.#find('orchestrator', name);
    const invocationId = randomUUID();
    try {
      const response = await this.#runner.run(definition, {
        invocationId,
        reason,
        inputData: [{ name: definition.triggerBinding, data: passedThrough(toOrchestratorTrigger(body)) }],
      });
      return JSON.parse(typedDataToJson(response.returnValue) ?? '{}') as OrchestratorOutcome;
    } catch (error) {
      const state = stateOf(error);
      if (state === undefined) {
        throw error;
      }
      return JSON.parse(state) as OrchestratorOutcome;
    }
  }

  async activity(
    name: string,
    call: { input: string | undefined; instanceId: string; invocationId: string },
  ): Promise<string | undefined> {
    const definition = this.#find('activity', name);
    const response = await this.#runner.run(definition, {
      invocationId: call.invocationId,
      reason,
      inputData: [{ name: definition.triggerBinding, data: activityInput(call.input) }],
      triggerMetadata: { instanceId: { string: call.instanceId } },
    });
    return typedDataToJson(response.returnValue);
  }

  async entity(name: string, body: string): Promise<string> {
    const definition = this.#find('entity', name);
    const response = await this.#runner.run(definition, {
      reason,
      inputData: [{ name: definition.triggerBinding, data: { string: body } }],
    });
    return typedDataToJson(response.returnValue) ?? '{}';
  }

  #find(kind: Kind, name: string): FunctionDefinition {
    const definition = this.#byKind[kind].get(name.toLowerCase());
    if (!definition) {
      throw new Error(`The function '${name}' doesn't exist, is disabled, or is not an ${kind} function.`);
    }
    return definition;
  }
}

/**
 * A value the library hands on as it is, where the worker channel would carry its JSON text: a long history is not
 * written and read again for every turn. The library returns whatever stands in `int` (converters/fromRpcTypedData).
 */
function passedThrough(value: object): TypedData {
  return { int: value as unknown as number };
}

/** The value the orchestrator passed. Null reaches a function as undefined: the worker channel has no null. */
function activityInput(input: string | undefined): TypedData {
  return input === undefined || input === 'null' ? {} : { json: input };
}

function stateOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : '';
  const label = message.indexOf(stateLabel);
  return label < 0 ? undefined : message.slice(label + stateLabel.length);
}
