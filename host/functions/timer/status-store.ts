import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** When a timer last fired and when it is due next, kept so that a restart notices what it missed. */
export interface ScheduleStatus {
  last: string;
  lastUpdated: string;
  next: string;
  /** The schedule it was computed for: after a change of schedule the old `next` says nothing. */
  schedule: string;
}

/** The schedule statuses of all timers, in one file. Azure keeps them in blobs of the storage account. */
export class ScheduleStatusStore {
  readonly #file: string;
  readonly #byFunction: Record<string, ScheduleStatus>;

  constructor(stateDirectory: string) {
    mkdirSync(stateDirectory, { recursive: true });
    this.#file = path.join(stateDirectory, 'timers.json');
    this.#byFunction = existsSync(this.#file)
      ? (JSON.parse(readFileSync(this.#file, 'utf8')) as Record<string, ScheduleStatus>)
      : {};
  }

  get(functionName: string): ScheduleStatus | undefined {
    return this.#byFunction[functionName];
  }

  set(functionName: string, status: ScheduleStatus): void {
    this.#byFunction[functionName] = status;
    const temporary = `${this.#file}.${process.pid}.new`;
    writeFileSync(temporary, JSON.stringify(this.#byFunction, undefined, 2));
    renameSync(temporary, this.#file);
  }
}
