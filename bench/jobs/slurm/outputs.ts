import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const limitMs = 300_000;
/** Against some seconds it is nothing, and looking costs the jobs next to no processor time. */
const lookEveryMs = 10;

/** A folder that jobs write their outputs to, each to a file of its own. */
export class Outputs {
  private constructor(readonly folder: string) {}

  static async use<Result>(parent: string, work: (outputs: Outputs) => Promise<Result>): Promise<Result> {
    const outputs = new Outputs(mkdtempSync(path.join(parent, 'outputs-')));
    try {
      return await work(outputs);
    } finally {
      rmSync(outputs.folder, { recursive: true, force: true });
    }
  }

  file(name: string | number): string {
    return path.join(this.folder, String(name));
  }

  /** Resolves the moment the file holds the text: the kernel tells of every write. */
  whenHolds(name: string | number, text: string): Promise<void> {
    const signal = AbortSignal.timeout(limitMs);
    return new Promise((resolve, reject) => {
      const watcher = watch(this.folder, { signal });
      const look = (): void => {
        if (!this.holds(name, text)) return;
        watcher.close();
        resolve();
      };
      watcher.on('change', look).on('error', reject);
      signal.addEventListener('abort', () =>
        reject(new Error(`${this.file(name)} does not come to hold ${text}.`)),
      );
      look();
    });
  }

  /** Resolves when each of the files 0 to count - 1 holds its text. */
  async allHold(count: number, textOf: (index: number) => string): Promise<void> {
    const deadline = performance.now() + limitMs;
    let left = Array.from({ length: count }, (_, index) => index);
    while (left.length > 0) {
      if (readdirSync(this.folder).length > count - left.length)
        left = left.filter((index) => !this.holds(index, textOf(index)));
      if (performance.now() > deadline) throw new Error(`${left.length} of ${count} outputs did not come.`);
      if (left.length > 0) await delay(lookEveryMs);
    }
  }

  private holds(name: string | number, text: string): boolean {
    const file = this.file(name);
    return existsSync(file) && readFileSync(file, 'utf8') === text;
  }
}
