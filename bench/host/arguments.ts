import { parseArgs } from 'node:util';
import { orUsage } from '../program';

export interface BenchArguments {
  /** A tenth of everything, once. */
  isQuick: boolean;
  /** Where the JSON document goes; to stdout, after the table, if undefined. */
  jsonFile: string | undefined;
  /** Measure DBOS too. */
  hasPeer: boolean;
}

export const usage = 'usage: node dist/bench/host/main.js [--quick] [--no-peer] [--json FILE]';

/** Throws with a message for the person at the terminal. */
export function readArguments(argv: string[]): BenchArguments {
  return orUsage(usage, () => {
    const { values } = parseArgs({
      args: argv,
      options: {
        quick: { type: 'boolean', default: false },
        'no-peer': { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    });
    return { isQuick: values.quick, jsonFile: values.json, hasPeer: !values['no-peer'] };
  });
}
