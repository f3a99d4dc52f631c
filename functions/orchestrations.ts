import { OrchestrationRuntimeStatus, type DurableClient } from 'durable-functions';

const live: OrchestrationRuntimeStatus[] = [
  OrchestrationRuntimeStatus.Pending,
  OrchestrationRuntimeStatus.Running,
  OrchestrationRuntimeStatus.Suspended,
  OrchestrationRuntimeStatus.ContinuedAsNew,
];

async function statusOf(
  durable: DurableClient,
  instanceId: string,
): Promise<OrchestrationRuntimeStatus | undefined> {
  try {
    return (await durable.getStatus(instanceId)).runtimeStatus;
  } catch (error) {
    // The client throws for an instance that is not there; it has no other way to say so.
    if (error instanceof Error && /replied with HTTP 404/.test(error.message)) return undefined;
    throw error;
  }
}

/** Starts an orchestration unless it lives. Answers whether it lived already. A second start at the same moment is harmless. */
export async function ensureRunning(
  durable: DurableClient,
  orchestration: { name: string; instanceId: string; input: unknown },
): Promise<boolean> {
  const status = await statusOf(durable, orchestration.instanceId);
  if (status && live.includes(status)) return true;
  try {
    await durable.startNew(orchestration.name, {
      instanceId: orchestration.instanceId,
      input: orchestration.input,
    });
    return false;
  } catch (error) {
    const after = await statusOf(durable, orchestration.instanceId);
    if (after && live.includes(after)) return true;
    throw error;
  }
}

/** Starts one that is new. Where somebody has started it at the same moment (a timer looks for what is not running) that one serves. */
export async function startNew(
  durable: DurableClient,
  { name, instanceId, input }: { name: string; instanceId: string; input: unknown },
): Promise<void> {
  try {
    await durable.startNew(name, { instanceId, input });
  } catch (error) {
    if (!(await statusOf(durable, instanceId))) throw error;
  }
}

/** Raises an event that carries nothing. An instance that has ended in the meantime needs no waking. */
export async function raise(durable: DurableClient, instanceId: string, eventName: string): Promise<void> {
  try {
    await durable.raiseEvent(instanceId, eventName, {});
  } catch (error) {
    const status = await statusOf(durable, instanceId);
    if (status && live.includes(status)) throw error;
  }
}

/** Forgets an instance that has ended, with its history; one that is not there is forgotten. */
export async function purge(durable: DurableClient, instanceId: string): Promise<void> {
  const status = await statusOf(durable, instanceId);
  if (status && !live.includes(status)) await durable.purgeInstanceHistory(instanceId);
}
