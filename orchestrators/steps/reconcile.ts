import type { OrchestrationContext, Task } from 'durable-functions';
import type { Owner, TimelineEvent } from '../../shared/contracts';
import {
  conclude,
  timelineOf,
  type LookSettings,
  type Plan,
  type ResourceStatus,
  type StepOutcome,
} from '../../shared/domain';
import { callActivity, type ActivityContract } from '../../shared/durable';

/** What makes a kind of resource: how it is looked at, what is decided, which activity takes each step. */
export interface Reconciler<
  Snapshot extends { status: Status },
  Status extends ResourceStatus,
  Step extends { kind: string; input: object },
> {
  observe: ActivityContract<{ owner: Owner }, { snapshot: Snapshot; settings: LookSettings }>;
  plan(look: { snapshot: Snapshot; now: Date; settings: LookSettings }): Plan<Status, Step>;
  step(step: Step): ActivityContract<{ owner: Owner }, StepOutcome>;
  record: ActivityContract<{ owner: Owner; status: Status; events: TimelineEvent[] }, null>;
}

/** One round: observe, decide, act, record. Answers when to look again, or null where the resource is gone for good. */
export function* reconcile<
  Snapshot extends { status: Status },
  Status extends ResourceStatus,
  Step extends { kind: string; input: object },
>(
  context: OrchestrationContext,
  owner: Owner,
  reconciler: Reconciler<Snapshot, Status, Step>,
): Generator<Task, string | null, unknown> {
  const { snapshot, settings } = yield* callActivity(context, reconciler.observe, { owner });
  const now = context.df.currentUtcDateTime;
  const plan = reconciler.plan({ snapshot, now, settings });
  const done: { step: string; outcome: StepOutcome }[] = [];
  for (const step of plan.steps) {
    const outcome = yield* callActivity(context, reconciler.step(step), { owner, ...step.input });
    done.push({ step: step.kind, outcome });
    if (outcome.failure) break;
  }
  const status = conclude(plan.status, done, { now, settings, before: snapshot.status.condition });
  context.df.setCustomStatus({ state: status.state, condition: status.condition });
  if (plan.isFinished) return null;
  const at = now.toISOString();
  const decided = (plan.events ?? []).map((event) => ({ at, ...event }));
  const events = [...decided, ...timelineOf(snapshot.status, status, now)];
  yield* callActivity(context, reconciler.record, { owner, status, events });
  return plan.lookAt;
}
