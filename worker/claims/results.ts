import { resultBatchBlob } from '../../shared/contracts/blob-names';
import { maxTasksPerMessage, type KeptResult, type TaskMessage } from '../../shared/contracts/work-messages';
import { crashPoint } from '../crash-point';
import type { JobBlobs } from '../storage/job-blobs';
import type { Delivery } from '../storage/work-queue';
import type { Specified } from '../task/specifications';
import type { Completions } from './completions';
import { toldBatch } from './told-batch';

interface ResultParts {
  blobs: JobBlobs;
  completions: Completions;
  delayMs: number;
}

/** The delivery that a result comes from. */
export interface ResultSource {
  message: TaskMessage;
  delivery: Delivery;
  specified: Specified;
}

interface Gathered {
  source: ResultSource;
  results: KeptResult[];
  bytes: number;
  timer: NodeJS.Timeout | undefined;
  resolve: () => void;
  reject: (error: unknown) => void;
  told: Promise<void>;
}

/** A batch is kept at once when its output has so many bytes. */
const fullBytes = 256 * 1024;

/** Keeps results, those of one delivery that come one upon the other in one blob, and tells the control plane. */
export class Results {
  readonly #parts: ResultParts;
  readonly #gathering = new Map<Delivery, Gathered>();
  #batches = 0;

  constructor(parts: ResultParts) {
    this.#parts = parts;
  }

  /** Resolves when the result is kept and told. `isLast`: nothing more is to be waited for. */
  add(source: ResultSource, result: KeptResult, isLast: boolean): Promise<void> {
    const gathered = this.#gathering.get(source.delivery) ?? this.#begin(source);
    gathered.results.push(result);
    gathered.bytes += (result.output?.stdout.length ?? 0) + (result.output?.stderr.length ?? 0);
    const isFull = gathered.results.length >= maxTasksPerMessage || gathered.bytes >= fullBytes;
    if (isLast || isFull) void this.#keep(gathered);
    else gathered.timer ??= setTimeout(() => void this.#keep(gathered), this.#parts.delayMs);
    return gathered.told;
  }

  #begin(source: ResultSource): Gathered {
    let resolve = (): void => undefined;
    let reject: (error: unknown) => void = () => undefined;
    const told = new Promise<void>((fulfil, refuse) => {
      resolve = fulfil;
      reject = refuse;
    });
    const gathered: Gathered = {
      ...{ source, results: [], bytes: 0, timer: undefined, resolve, reject, told },
    };
    this.#gathering.set(source.delivery, gathered);
    return gathered;
  }

  async #keep(gathered: Gathered): Promise<void> {
    const { source, results, timer, resolve, reject } = gathered;
    clearTimeout(timer);
    this.#gathering.delete(source.delivery);
    try {
      const blob = this.#nameOf(gathered);
      await this.#parts.blobs.putResultBatch(blob, { version: 1, results });
      crashPoint('result-committed');
      await this.#parts.completions.tell(toldBatch(blob, results, source.specified));
      resolve();
    } catch (error) {
      reject(error);
    }
  }

  #nameOf({ source, results }: Gathered): string {
    const { message, delivery } = source;
    const tasks = results.map(({ task }) => task);
    const count = String(delivery.dequeueCount).padStart(3, '0');
    const id = delivery.messageId.replaceAll('-', '').slice(0, 12);
    return resultBatchBlob({
      jobId: message.jobId,
      first: Math.min(...tasks),
      last: Math.max(...tasks),
      retry: message.retry,
      batchId: `${count}-${id}-${this.#batches++}`,
    });
  }
}
