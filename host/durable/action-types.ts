/** durable-functions' action numbers (its `ActionType`), and 10, which only older libraries send. */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  ScheduledSignalEntity: 10,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

export type Action = Record<string, unknown>;

function isCompound(action: Action): boolean {
  return action['actionType'] === ActionType.WhenAny || action['actionType'] === ActionType.WhenAll;
}

/**
 * The actions under `Task.all` and `Task.any` in the order durable-functions numbers them: depth first.
 * A task that is yielded again inside another compound is the same action object when the outcome did not cross a wire;
 * it then keeps its first place. (Over a wire the two are told apart by nothing, and Azure schedules it twice.)
 */
export function leavesOf(actions: readonly (readonly Action[])[]): Action[] {
  const leaves: Action[] = [];
  const seen = new Set<Action>();
  const visit = (action: Action): void => {
    if (isCompound(action)) {
      for (const child of (action['compoundActions'] as Action[] | undefined) ?? []) visit(child);
    } else if (action['actionType'] === ActionType.WaitForExternalEvent || !seen.has(action)) {
      seen.add(action);
      leaves.push(action);
    }
  };
  for (const group of actions) for (const action of group) visit(action);
  return leaves;
}

/** Names awaited so far, in order, once per wait. */
export function awaitedEvents(leaves: readonly Action[]): string[] {
  return leaves
    .filter((leaf) => leaf['actionType'] === ActionType.WaitForExternalEvent)
    .map((leaf) => String(leaf['externalEventName']));
}
