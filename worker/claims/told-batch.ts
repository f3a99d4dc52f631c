import type { KeptResult, TaskResult, ToldBatch } from '../../shared/contracts/work-messages';
import type { Specified } from '../task/specifications';

/** Results of one batch as the control plane is told of them. */
export function toldBatch(
  blob: string,
  results: readonly (TaskResult | KeptResult)[],
  specified: Specified,
): ToldBatch {
  const { taskCount, wakeWithinMs } =
    specified.kind === 'valid' ? specified.specification : { taskCount: 0, wakeWithinMs: 0 };
  const { jobId } = results[0]!;
  return { blob, jobId, taskCount, wakeWithinMs, results: results.map(withoutOutput) };
}

function withoutOutput(result: TaskResult & Partial<Pick<KeptResult, 'output'>>): TaskResult {
  const { output: _, ...rest } = result;
  return rest;
}
