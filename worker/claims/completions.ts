import {
  maxBatchesPerReport,
  type CompletionMessage,
  type ToldBatch,
} from '../../shared/contracts/work-messages';
import { workerRoutes } from '../../shared/contracts/worker-protocol';
import { post, routeUrl } from '../control-plane';
import { describeError, type Log } from '../log';
import type { StorageAccess } from '../storage/access';
import { postCompletions } from '../storage/completions-queue';
import type { RetryContext } from '../storage/retry';

interface CompletionParts {
  controlPlaneUrl: string;
  agentToken: string;
  access: StorageAccess;
  retry: RetryContext;
  log: Log;
}

interface Told {
  batch: ToldBatch;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Tells the control plane of results, those together that come while a call is under way. Where the control plane does not answer, the
 * completions queue takes them, so no worker waits for it. A result that is told twice changes nothing.
 */
export class Completions {
  readonly #parts: CompletionParts;
  #waiting: Told[] = [];
  #isSending = false;

  constructor(parts: CompletionParts) {
    this.#parts = parts;
  }

  /** Resolves when the control plane, or its queue, has it. */
  tell(batch: ToldBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      if (!this.#isSending) void this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      const told = this.#waiting.splice(0, maxBatchesPerReport);
      try {
        await this.#send(told.map(({ batch }) => batch));
        for (const { resolve } of told) resolve();
      } catch (error) {
        for (const { reject } of told) reject(error);
      }
    }
    this.#isSending = false;
  }

  async #send(batches: ToldBatch[]): Promise<void> {
    const { controlPlaneUrl, agentToken, access, retry, log } = this.#parts;
    try {
      const url = routeUrl(controlPlaneUrl, workerRoutes.completions);
      const { status, message } = await post(url, { version: 1, batches }, agentToken);
      if (status < 300) return;
      log('warning', 'completions-refused', { status, message });
    } catch (error) {
      log('warning', 'control-plane-unreachable', describeError(error));
    }
    const message: CompletionMessage = { version: 1, agentToken, batches };
    await postCompletions(message, { access, retry });
  }
}
