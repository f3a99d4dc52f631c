import { randomUUID } from 'node:crypto';
import type { AdjustableClock } from '../clock';
import { ArmError, type ErrorDetail } from './errors';

/** Each provider writes its operation resources and their URLs in its own way. */
export type OperationStyle = 'compute' | 'disk' | 'network' | 'resources';

export interface Operation {
  readonly id: string;
  readonly style: OperationStyle;
  readonly location: string;
  readonly name: string;
  readonly startedAt: number;
  status: 'InProgress' | 'Succeeded' | 'Failed';
  endedAt?: number;
  error?: ErrorDetail;
}

export interface OperationPlan {
  style: OperationStyle;
  location: string;
  /** For the list of operations: 'virtualMachineScaleSets.createOrUpdate'. */
  name: string;
  /** An injected failure that ends the operation before any work was done. */
  asyncError?: ErrorDetail | undefined;
  /** Runs after the operation delay. What it throws ends the operation as Failed. */
  work: () => Promise<void>;
  /** Undoes or marks what the request had already promised; runs before the status says Failed. */
  onFailure?: (error: ErrorDetail) => void;
}

/** Finished operations stay readable this long at most, and no more than this many of them. */
const KEPT_OPERATIONS = 20_000;

/**
 * INVARIANT: a resource's provisioningState is terminal before its operation's status is, never after:
 * the SDK's last GET of the resource follows the first poll that says Succeeded.
 */
export class OperationStore {
  private readonly operations = new Map<string, Operation>();
  delayMs: number;

  constructor(
    private readonly clock: AdjustableClock,
    delayMs: number,
  ) {
    this.delayMs = delayMs;
  }

  find(id: string): Operation | undefined {
    return this.operations.get(id.toLowerCase());
  }

  start(plan: OperationPlan): Operation {
    const { style, location, name } = plan;
    const operation: Operation = {
      id: randomUUID(),
      style,
      location,
      name,
      startedAt: this.clock.now(),
      status: 'InProgress',
    };
    this.operations.set(operation.id, operation);
    this.forgetOldest();
    void this.run(operation, plan);
    return operation;
  }

  private async run(operation: Operation, plan: OperationPlan): Promise<void> {
    try {
      await this.clock.sleep(this.delayMs);
      if (plan.asyncError) throw new ArmError(409, plan.asyncError.code, plan.asyncError.message);
      await plan.work();
      operation.status = 'Succeeded';
    } catch (thrown) {
      operation.error = toDetail(thrown);
      undo(plan, operation.error);
      operation.status = 'Failed';
    }
    operation.endedAt = this.clock.now();
  }

  private forgetOldest(): void {
    for (const [id, operation] of this.operations) {
      if (this.operations.size <= KEPT_OPERATIONS) return;
      if (operation.status !== 'InProgress') this.operations.delete(id);
    }
  }
}

/** A fault in the undoing must not take the simulator, and with it every VM, down. */
function undo(plan: OperationPlan, error: ErrorDetail): void {
  try {
    plan.onFailure?.(error);
  } catch (thrown) {
    process.stderr.write(
      `simulator: undoing ${plan.name}: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`,
    );
  }
}

function toDetail(thrown: unknown): ErrorDetail {
  if (thrown instanceof ArmError) return { code: thrown.code, message: thrown.message };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'InternalExecutionError', message };
}
