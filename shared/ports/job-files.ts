import type { AttemptName, BundleDocument, OutputFileView } from '../contracts';
import type { SignedUrl } from './content';
import type { OutputRange } from './work';

/** What is sent along with one owner's jobs: copies that later changes of what they were made of do not reach. */
export interface JobInputs {
  /**
   * Copies a content, within storage, to where the job's tasks look for it. A long one may still be on its way when this resolves: its
   * readers wait. A repeat changes nothing. False where there is no such content (any more).
   */
  copyContent(blob: string, source: { url: string; bytes: number }): Promise<boolean>;
  /** The text of a bundle's `variables.json`. */
  putVariables(jobId: string, json: string): Promise<void>;
  /** Removes all of it; nothing there is no error. */
  remove(jobId: string): Promise<void>;
}

/** Bundles, their values in blobs that nothing but the app reaches. */
export interface Bundles {
  /** Replaces what there is under its id, as a whole. */
  put(bundle: BundleDocument): Promise<void>;
  /** Undefined where there is none. */
  get(id: string): Promise<BundleDocument | undefined>;
  /** Nothing there is no error. */
  remove(id: string): Promise<void>;
  /** Unless another has been put in its place. */
  removeThis(bundle: BundleDocument): Promise<void>;
  /** One page, by id. Throws RangeError for a continuation that is none. */
  page(options: {
    top: number;
    continuation?: string | undefined;
  }): Promise<{ bundles: BundleDocument[]; continuation?: string }>;
}

/** Files that tasks of one owner's jobs have left. */
export interface OutputFiles {
  /** Attempts of a task that have left something (files, or output in blobs), oldest first. */
  listAttempts(jobId: string, task: number): Promise<AttemptName[]>;
  /** One page, by name. Throws RangeError for a continuation that is none. */
  page(
    attempt: AttemptName,
    options: { top: number; continuation?: string | undefined },
  ): Promise<{ files: OutputFileView[]; continuation?: string }>;
  /** Undefined where there is none of this path. */
  find(attempt: AttemptName, path: string): Promise<OutputFileView | undefined>;
  /** Bytes [start, end) of a file that is there; `end` beyond it is cut. */
  read(
    attempt: AttemptName,
    file: OutputFileView,
    range: { start: number; end?: number },
  ): Promise<OutputRange>;
  link(attempt: AttemptName, path: string, lifetimeMs: number): Promise<SignedUrl>;
}
