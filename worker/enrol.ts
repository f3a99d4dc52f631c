import { EnrolResponse, workerRoutes } from '../shared/contracts/worker-protocol';
import type {
  AgentConfig,
  EnrolAdmitted,
  EnrolRequest,
  InstanceFacts,
} from '../shared/contracts/worker-protocol';
import { backoffMs, bootDelays, sleep } from './backoff';
import { post, routeUrl, type Answer } from './control-plane';
import { describeError, type Log } from './log';

export type EnrolStep =
  | { kind: 'admitted'; admitted: EnrolAdmitted }
  | { kind: 'pending'; afterMs: number; message: string }
  | { kind: 'refused'; message: string }
  | { kind: 'retry'; afterMs: number | undefined; message: string };

/**
 * 403 ends the agent only in the app's own words: a stopped function app or an IP restriction also answers 403,
 * with a page of the platform's, and passes.
 */
function isRefusal(answer: Answer): boolean {
  if (answer.status === 403) return answer.message !== undefined;
  return [401, 409, 410].includes(answer.status);
}

export function decideEnrol(answer: Answer): EnrolStep {
  if (isRefusal(answer)) return { kind: 'refused', message: answer.message ?? `status ${answer.status}` };
  if (answer.status === 200 || answer.status === 202) {
    const parsed = EnrolResponse.safeParse(answer.body);
    if (!parsed.success)
      return { kind: 'retry', afterMs: undefined, message: 'the answer was not understood' };
    if (parsed.data.state === 'admitted') return { kind: 'admitted', admitted: parsed.data };
    return { kind: 'pending', afterMs: parsed.data.retryAfterMs, message: parsed.data.message };
  }
  return {
    kind: 'retry',
    afterMs: answer.retryAfterMs,
    message: answer.message ?? `status ${answer.status}`,
  };
}

export type Enrolment =
  { kind: 'admitted'; admitted: EnrolAdmitted } | { kind: 'refused' } | { kind: 'ended' };

interface EnrolOptions {
  config: AgentConfig;
  facts: InstanceFacts;
  agentRunId: string;
  log: Log;
  end: AbortSignal;
}

/** Asks until admitted, refused or told to end. */
export async function enrol({ config, facts, agentRunId, log, end }: EnrolOptions): Promise<Enrolment> {
  const url = routeUrl(config.controlPlaneUrl, workerRoutes.enrol);
  const { owner, joinToken } = config;
  const request: EnrolRequest = { version: 1, owner, joinToken, agentRunId, instance: facts };
  let failures = 0;
  while (!end.aborted) {
    const step = await post(url, request).then(decideEnrol, (error: unknown) => transportFailure(error, log));
    if (step.kind === 'admitted') return step;
    if (step.kind === 'refused') {
      log('error', 'enrolment-refused', { message: step.message });
      return { kind: 'refused' };
    }
    if (step.kind === 'pending') failures = 0;
    const afterMs = Math.max(
      step.afterMs ?? 0,
      step.kind === 'retry' ? backoffMs(failures++, bootDelays) : 0,
    );
    log('info', `enrolment-${step.kind}`, { message: step.message, retryInMs: afterMs });
    await sleep(afterMs, end);
  }
  return { kind: 'ended' };
}

function transportFailure(error: unknown, log: Log): EnrolStep {
  log('warning', 'control-plane-unreachable', describeError(error));
  return { kind: 'retry', afterMs: undefined, message: 'the control plane was not reached' };
}
