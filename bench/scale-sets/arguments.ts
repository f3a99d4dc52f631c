import { parseArgs } from 'node:util';
import { orUsage } from '../program';

export interface BenchArguments {
  /** 10 VMs alone, with short pauses in the app. */
  isQuick: boolean;
  sizes: number[];
  /** Where the JSON document goes; to stdout, after the table, if undefined. */
  jsonFile: string | undefined;
}

export const usage = 'usage: node dist/bench/scale-sets/main.js [--quick] [--size N]... [--json FILE]';
const largest = 1000;

/** Throws with a message for the person at the terminal. */
export function readArguments(argv: string[]): BenchArguments {
  return orUsage(usage, () => {
    const { values } = parseArgs({
      args: argv,
      options: {
        quick: { type: 'boolean', default: false },
        size: { type: 'string', multiple: true },
        json: { type: 'string' },
      },
    });
    const sizes = (values.size ?? (values.quick ? ['10'] : ['10', '100', '1000'])).map(Number);
    const wrong = sizes.find((size) => !Number.isInteger(size) || size < 2 || size > largest);
    if (wrong !== undefined) throw new Error(`--size is a whole number from 2 to ${largest}.`);
    return { isQuick: values.quick, sizes, jsonFile: values.json };
  });
}
