import type { BindingInfo, InvocationResponse, TypedData } from './core-types';
import { readQueueTarget, type BindingContext } from './triggers';

/** An output binding that sends to a storage queue. `name` is `$return` for the function's result. */
export interface QueueOutput {
  name: string;
  queueName: string;
  connection: string;
}

export const returnBinding = '$return';

/** Sends messages; the queue is made when missing. */
export type QueueSender = (output: QueueOutput, data: TypedData | null | undefined) => Promise<void>;

export function readOutput(
  name: string,
  binding: BindingInfo,
  { environment, problems }: BindingContext,
): QueueOutput[] {
  const type = (binding.type ?? '').toLowerCase();
  if (type === 'http') {
    return [];
  }
  if (type !== 'queue') {
    problems.push(`output binding "${name}" has type "${binding.type}", which this host does not have.`);
    return [];
  }
  const own: string[] = [];
  const target = readQueueTarget(binding, { environment, problems: own });
  problems.push(...own.map((problem) => `output binding "${name}": ${problem}`));
  return target ? [{ name, ...target }] : [];
}

/** Delivers what a finished function put into its output bindings. */
export async function deliverOutputs(
  outputs: QueueOutput[],
  response: InvocationResponse,
  send: QueueSender,
): Promise<void> {
  for (const output of outputs) {
    const data =
      output.name === returnBinding
        ? response.returnValue
        : response.outputData?.find((item) => item.name === output.name)?.data;
    await send(output, data);
  }
}
