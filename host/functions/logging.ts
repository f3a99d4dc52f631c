import { format } from 'node:util';
import type { LogLevel } from './core-types';

const levels: LogLevel[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];

export interface LogLine {
  level: LogLevel;
  /** As Azure names it: `Function.<name>`, `Function.<name>.User`, `Host.<part>`. */
  category: string;
  message: string;
  invocationId?: string;
}

export type Log = (line: LogLine) => void;

/** `logging.logLevel` of host.json: the longest category that is a prefix decides. */
export class LogFilter {
  readonly #byCategory: [category: string, level: number][];
  readonly #known = new Map<string, number>();

  constructor(logLevel: Record<string, LogLevel>) {
    this.#byCategory = Object.entries(logLevel)
      .map(([category, level]): [string, number] => [category.toLowerCase(), levels.indexOf(level)])
      .sort(([a], [b]) => b.length - a.length);
  }

  allows(category: string, level: LogLevel): boolean {
    let threshold = this.#known.get(category);
    if (threshold === undefined) {
      threshold = this.#threshold(category.toLowerCase());
      this.#known.set(category, threshold);
    }
    return level !== 'none' && levels.indexOf(level) >= threshold;
  }

  #threshold(category: string): number {
    const rule =
      this.#byCategory.find(([prefix]) => category === prefix || category.startsWith(`${prefix}.`)) ??
      this.#byCategory.find(([prefix]) => prefix === 'default');
    return rule?.[1] ?? levels.indexOf('information');
  }
}

export function readLogLevel(text: unknown): LogLevel | undefined {
  return typeof text === 'string' ? levels.find((level) => level === text.toLowerCase()) : undefined;
}

/** One line per entry, whatever is logged: a line break inside a message is written as `\n`. */
export function createLog(write: (text: string) => void, filter: LogFilter): Log {
  return ({ level, category, message, invocationId }) => {
    if (!filter.allows(category, level)) {
      return;
    }
    const invocation = invocationId ? ` [${invocationId}]` : '';
    write(`${new Date().toISOString()} ${level} ${category}${invocation} ${oneLine(message)}\n`);
  };
}

export function formatMessage(...args: unknown[]): string {
  return format(...args);
}

function oneLine(message: string): string {
  return message.replace(/\r\n|\r|\n/g, '\\n');
}
