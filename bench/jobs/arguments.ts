import { parseArgs } from 'node:util';
import { orUsage } from '../program';
import { parts, type Part } from './report';

export interface BenchArguments {
  /** A tenth of everything, for a look at whether it works. */
  isQuick: boolean;
  parts: readonly Part[];
  hasPeer: boolean;
  /** Where the JSON document goes; to stdout, after the table, if undefined. */
  jsonFile: string | undefined;
}

export const usage = `usage: node dist/bench/jobs/main.js [--quick] [--no-peer] [--only ${parts.join('|')}]... [--json FILE]`;

/** Throws with a message for the person at the terminal. */
export function readArguments(argv: string[]): BenchArguments {
  return orUsage(usage, () => {
    const { values } = parseArgs({
      args: argv,
      options: {
        quick: { type: 'boolean', default: false },
        'no-peer': { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
      },
    });
    const only = values.only ?? [...parts];
    const wrong = only.find((part) => !parts.some((known) => known === part));
    if (wrong !== undefined) throw new Error(`There is no part '${wrong}'.`);
    return {
      isQuick: values.quick,
      hasPeer: !values['no-peer'],
      parts: parts.filter((part) => only.includes(part)),
      jsonFile: values.json,
    };
  });
}
