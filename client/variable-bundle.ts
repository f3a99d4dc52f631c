import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleRequest } from '../shared/contracts';
import { bundleVariable, variablesFileName } from '../shared/contracts/task-folders';
import type { z } from 'zod';

/** JSON values: live objects do not travel. */
export type Variables = Record<string, unknown>;

interface BundleTaker {
  putBundle(id: string, bundle: z.input<typeof BundleRequest>): Promise<unknown>;
}

const dayMs = 86_400_000;

/**
 * The variables that this process has set for its jobs, one set a process. Inside a job they are those that were sent along with it, so
 * that the same call reads them there.
 */
class VariableBundle {
  #variables: Map<string, unknown> | undefined;

  /** Adds these, in place of those of the same names. Throws TypeError for a value that is no JSON. */
  set(variables: Variables): void {
    for (const [name, value] of Object.entries(variables)) {
      const json: string | undefined = JSON.stringify(value);
      if (json === undefined) throw new TypeError(`The variable '${name}' has no JSON: it cannot be sent.`);
      // As it will arrive: what is changed afterwards does not change it.
      this.#all.set(name, JSON.parse(json));
    }
  }

  /** Throws RangeError where there is none of this name. */
  get(name: string): unknown {
    if (this.#all.has(name)) return this.#all.get(name);
    throw new RangeError(`There is no variable '${name}': set it with variableBundle.set({ ... }).`);
  }

  all(): Variables {
    return Object.fromEntries(this.#all);
  }

  clear(): void {
    this.#all.clear();
  }

  /**
   * Keeps all of them as a bundle, for `bundle` of a job. Its id is made of what they are: the same set is one bundle. It is deleted
   * after a day, or `keepMs` (null: never); jobs have copies of their own.
   */
  async send(
    client: BundleTaker,
    { keepMs = dayMs }: { keepMs?: number | null | undefined } = {},
  ): Promise<string> {
    const variables = this.all();
    const id = idOf(variables);
    await client.putBundle(id, { variables, keepMs });
    return id;
  }

  get #all(): Map<string, unknown> {
    this.#variables ??= new Map(Object.entries(ofThisJob()));
    return this.#variables;
  }
}

export const variableBundle = new VariableBundle();

function ofThisJob(): Variables {
  const folder = process.env[bundleVariable];
  if (!folder) return {};
  return JSON.parse(readFileSync(join(folder, variablesFileName), 'utf8')) as Variables;
}

function idOf(variables: Variables): string {
  const inOrder = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
  return `variables-${createHash('sha256').update(JSON.stringify(inOrder)).digest('hex').slice(0, 32)}`;
}
