import type { InvocationResponse } from './core-types';
import type { FunctionDefinition } from './function-definitions';
import type { FunctionInvocations, InvocationInput } from './invocation';
import { deliverOutputs, type QueueSender } from './outputs';

/** Runs a function with its durable clients put in and its output bindings delivered. */
export class FunctionRunner {
  readonly #invocations: FunctionInvocations;
  readonly #clientBinding: () => string;
  readonly #send: QueueSender;

  constructor(parts: { invocations: FunctionInvocations; clientBinding: () => string; send: QueueSender }) {
    this.#invocations = parts.invocations;
    this.#clientBinding = parts.clientBinding;
    this.#send = parts.send;
  }

  async run(definition: FunctionDefinition, input: InvocationInput): Promise<InvocationResponse> {
    const clients = definition.durableClients.map((name) => ({
      name,
      data: { string: this.#clientBinding() },
    }));
    const inputData = clients.length > 0 ? [...input.inputData, ...clients] : input.inputData;
    const response = await this.#invocations.invoke(definition.registered, { ...input, inputData });
    if (definition.outputs.length > 0) {
      await deliverOutputs(definition.outputs, response, this.#send);
    }
    return response;
  }
}
