import { readdirSync } from 'node:fs';
import path from 'node:path';
import { outputFilesPrefix, type AttemptName } from '../../shared/contracts/blob-names';
import { environmentOfVariables } from '../../shared/contracts/bundles';
import type { KeptOutputs } from '../../shared/contracts/files';
import { nodeFolder } from '../../shared/contracts/gangs';
import { bundleVariable, outputsFolder } from '../../shared/contracts/task-folders';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import type { FileSettings } from '../../shared/contracts/worker-protocol';
import type { Lifecycle } from '../lifecycle';
import type { Log } from '../log';
import type { FileBlobs } from '../storage/file-blobs';
import type { Environment } from '../task/environment';
import { makeClosedTaskFolder, makeTaskFolder, openTaskFolder, type TaskFolder } from '../task/folder';
import type { Identity } from '../task/identity';
import { anyOf } from './any-of';
import { bringInputs, giveContents } from './bring-inputs';
import { ContentCache } from './content-cache';
import { InputMissingError } from './download';
import { Gate } from './gate';
import { JobBundles, placeBundle } from './job-bundles';
import { keepOutputs } from './keep-outputs';
import { secretsOf } from './masking-sink';

interface FileParts {
  workFolder: string;
  identity: Identity | undefined;
  settings: FileSettings;
  blobs: FileBlobs;
  lifecycle: Lifecycle;
  log: Log;
}

/** What was brought for a task. */
export interface Brought {
  environment: Environment;
  /** To be struck out of its output. */
  secrets: Buffer[];
}

/** `node`: the place of this VM among all of a task that has several. */
interface KeptAttempt extends AttemptName {
  node?: { index: number; count: number } | undefined;
}

/** Parts of output files that are in memory, of all tasks of the VM. */
const partsAtOnce = 8;
/** What may still be sent of an agent's time that is over. */
const lateMs = 2000;

/** What goes into tasks' folders before they start, and out of them when they have ended. */
export class TaskFiles {
  readonly #parts: FileParts;
  readonly #cache: ContentCache;
  readonly #bundles: JobBundles;
  readonly #gate = new Gate(partsAtOnce);

  constructor(parts: FileParts) {
    const { workFolder, settings, blobs } = parts;
    this.#parts = parts;
    this.#cache = new ContentCache(path.join(workFolder, 'contents'), {
      maxBytes: settings.cacheBytes,
      blobs,
    });
    this.#bundles = new JobBundles(path.join(workFolder, 'bundles'), blobs);
  }

  /**
   * The task's folder with all that was sent along with its job. Rejects with InputMissingError where something cannot be had, with
   * CutOffError once one of `ends` is aborted; the folder is there then too.
   */
  make(attemptId: string, { inputs }: JobSpecification): TaskFolder {
    const { workFolder, identity } = this.#parts;
    // Nobody may reach into a folder while it is filled: none that a task has had.
    if (inputs) return makeClosedTaskFolder(workFolder, attemptId);
    return makeTaskFolder(workFolder, attemptId, identity);
  }

  async bring(
    folder: TaskFolder,
    { jobId, inputs, bundle, maskOutput }: JobSpecification,
    ends: AbortSignal[],
  ): Promise<Brought> {
    const { identity, lifecycle } = this.#parts;
    const brought: Brought = { environment: {}, secrets: [] };
    if (!inputs && !bundle) return brought;
    const { signal: end, forget } = anyOf([...ends, lifecycle.cutOff]);
    try {
      if (inputs) {
        await bringInputs(folder.work, { jobId, inputs }, { cache: this.#cache, end });
        await giveContents(folder.work, identity);
        openTaskFolder(folder, identity);
      }
      if (!bundle) return brought;
      const to = path.join(folder.root, 'bundle');
      const atHand = await this.#enterBundle(jobId, bundle, end);
      await placeBundle(to, atHand, { files: bundle.files, identity });
      const environment = { ...environmentOfVariables(atHand.variables), [bundleVariable]: to };
      return { environment, secrets: maskOutput ? secretsOf(atHand.variables) : [] };
    } finally {
      forget();
    }
  }

  async #enterBundle(jobId: string, bundle: NonNullable<JobSpecification['bundle']>, end: AbortSignal) {
    try {
      return await this.#bundles.enter(jobId, bundle, end);
    } catch (error) {
      if (!(error instanceof InputMissingError)) throw error;
      throw new InputMissingError(`the job's bundle cannot be had: ${error.message}`, { cause: error });
    } finally {
      // The task has its own copy; the VM's lingers for the next.
      this.#bundles.leave(jobId);
    }
  }

  /**
   * Keeps what the task has left in its outputs folder; undefined where that is nothing. `abandon`: the attempt is no longer wanted.
   * Rejects with CutOffError where there was no time for all of it.
   */
  async keep(
    folder: TaskFolder,
    { node, ...attempt }: KeptAttempt,
    abandon: AbortSignal,
  ): Promise<KeptOutputs | undefined> {
    if (isEmpty(folder.outputs)) return undefined;
    const { blobs, identity, settings: limits } = this.#parts;
    const { signal: end, forget } = this.#endOfKeeping(abandon);
    const place = { parent: folder.work, folder: outputsFolder, ...placeOf(attempt, node) };
    try {
      return await keepOutputs(place, { blobs, gate: this.#gate, identity, limits, end });
    } finally {
      forget();
    }
  }

  /** An agent that has to go takes a moment for what its tasks have left; for an attempt that is another worker's by now none is lost. */
  #endOfKeeping(abandon: AbortSignal): { signal: AbortSignal; forget: () => void } {
    const { stopping, terminating, cutOff } = this.#parts.lifecycle;
    const over = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onAbandon = (): void => {
      if (!stopping.aborted && !terminating.aborted) over.abort();
    };
    const onStopping = (): void => void (timer = setTimeout(() => over.abort(), lateMs));
    const listening: [AbortSignal, () => void][] = [
      [abandon, onAbandon],
      [stopping, onStopping],
    ];
    for (const [signal, act] of listening) {
      if (signal.aborted) act();
      else signal.addEventListener('abort', act, { once: true });
    }
    const ends = anyOf([over.signal, cutOff]);
    const forget = (): void => {
      clearTimeout(timer);
      for (const [signal, act] of listening) signal.removeEventListener('abort', act);
      ends.forget();
    };
    return { signal: ends.signal, forget };
  }

  /** The agent ends. */
  close(): void {
    this.#bundles.close();
  }
}

/** The head's files lie at the top, those of every other VM in a folder of its own beside them. */
function placeOf(
  attempt: AttemptName,
  node: KeptAttempt['node'],
): { prefix: string; reserved: ReadonlySet<string> } {
  const prefix = outputFilesPrefix(attempt);
  const { index, count } = node ?? { index: 0, count: 1 };
  if (index > 0) return { prefix: `${prefix}${nodeFolder(index)}/`, reserved: new Set() };
  return {
    prefix,
    reserved: new Set(Array.from({ length: count - 1 }, (_, other) => nodeFolder(other + 1))),
  };
}

/** As most tasks leave it. What it has become, if it is no folder any more, is judged where it is read. */
function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
