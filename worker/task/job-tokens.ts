import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  jobAccessPath,
  JobTokenAnswer,
  jobTokenFileVariable,
  jobUrlVariable,
} from '../../shared/contracts/job-access';
import { workerRoutes } from '../../shared/contracts/worker-protocol';
import { backoffMs, sleep, type Delays } from '../backoff';
import { post, routeUrl, type Answer } from '../control-plane';
import { describeError, type Log } from '../log';
import type { Environment } from './environment';
import { give, type TaskFolder } from './folder';
import type { Identity } from './identity';

export type TokenStep =
  | { kind: 'given'; token: string; renewInMs: number }
  | { kind: 'refused'; message: string }
  | { kind: 'retry'; afterMs: number; message: string };

/** A token is renewed at half of its life; what the app refuses in its own words is refused for good. */
export function decideToken(answer: Answer): TokenStep {
  const message = answer.message ?? `status ${answer.status}`;
  const isRefusal = answer.status >= 400 && answer.status < 500 && ![408, 429].includes(answer.status);
  if (isRefusal && answer.message !== undefined) return { kind: 'refused', message };
  const parsed = JobTokenAnswer.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success)
    return { kind: 'retry', afterMs: answer.retryAfterMs ?? 0, message };
  const { token, expiresInMs } = parsed.data;
  return { kind: 'given', token, renewInMs: Math.ceil(expiresInMs / 2) };
}

interface TokenParts {
  controlPlaneUrl: string;
  agentToken: string;
  retry: Delays;
  log: Log;
}

interface Wanted {
  jobId: string;
  folder: TaskFolder;
  identity: Identity | undefined;
  /** The task need not be started any more. */
  hurry: AbortSignal[];
}

/** A task's way to the control plane, as long as it runs. */
export interface JobAccess {
  environment: Environment;
  close(): void;
}

/** So long a task waits for its first token, with the control plane away; then it starts, and the file appears when it can. */
const firstTokenLimitMs = 30_000;

/** Keeps, in a file of its own folder, a token for each task whose job commands a cluster. It is in no environment, argument or log. */
export class JobTokens {
  readonly #parts: TokenParts;

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /** Resolves when the file is there, or where it will not be soon. */
  async open(wanted: Wanted): Promise<JobAccess> {
    const file = path.join(wanted.folder.root, 'token');
    const over = new AbortController();
    const first = new AbortController();
    void this.#keep({ ...wanted, file }, { over: over.signal, onFirst: () => first.abort() });
    await sleep(firstTokenLimitMs, first.signal, ...wanted.hurry);
    return {
      environment: {
        [jobUrlVariable]: routeUrl(this.#parts.controlPlaneUrl, jobAccessPath),
        [jobTokenFileVariable]: file,
      },
      close: () => over.abort(),
    };
  }

  async #keep(
    { jobId, file, identity }: Wanted & { file: string },
    { over, onFirst }: { over: AbortSignal; onFirst: () => void },
  ): Promise<void> {
    const { retry, log } = this.#parts;
    for (let failures = 0; !over.aborted;) {
      const step = await this.#ask(jobId);
      if (over.aborted) return;
      if (step.kind === 'given') writeToken(file, step.token, identity);
      else log('warning', `job-token-${step.kind}`, { jobId, message: step.message });
      if (step.kind !== 'retry') onFirst();
      if (step.kind === 'refused') return;
      failures = step.kind === 'given' ? 0 : failures + 1;
      const pauseMs =
        step.kind === 'given' ? step.renewInMs : Math.max(step.afterMs, backoffMs(failures, retry));
      await sleep(pauseMs, over);
    }
  }

  async #ask(jobId: string): Promise<TokenStep> {
    const { controlPlaneUrl, agentToken } = this.#parts;
    try {
      const url = routeUrl(controlPlaneUrl, workerRoutes.jobToken);
      return decideToken(await post(url, { version: 1, jobId }, agentToken));
    } catch (error) {
      return { kind: 'retry', afterMs: 0, message: String(describeError(error).error) };
    }
  }
}

/** Whole or not at all: the task may read at any moment. INVARIANT: only the task's user can, and only the agent can put it there. */
function writeToken(file: string, token: string, identity: Identity | undefined): void {
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, token, { mode: 0o400, flag: 'wx' });
  chmodSync(unfinished, 0o400);
  give(unfinished, identity);
  renameSync(unfinished, file);
}
