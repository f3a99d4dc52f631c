import type { Muster } from '../client';
import type { Arguments, ValuesOf } from './arguments/options';
import type { Output } from './output/output';
import type { Terminal } from './terminal';

/** What a command is given beside its arguments. */
export interface Context {
  /** Configured by options, environment and file, when it is asked for first. */
  readonly muster: Muster;
  readonly output: Output;
  readonly terminal: Terminal;
}

interface Description {
  noun: string;
  /** Absent where the noun does one thing alone. */
  verb?: string;
  summary: string;
  /** More than a line holds, for its own help. */
  description?: string;
  examples?: readonly string[];
  /** Exit statuses beside those of every command. */
  exitCodes?: readonly (readonly [number | string, string])[];
}

export interface Command extends Description {
  options: Arguments;
  positionals: Arguments;
  /** Returns its exit status; nothing means 0. */
  run(
    args: { options: Record<string, unknown>; positionals: Record<string, unknown> },
    context: Context,
  ): Promise<number | void>;
}

/** One entry of the table of commands: the parser, the help and the handler's types all come from it. */
export function defineCommand<Options extends Arguments, Positionals extends Arguments>(
  command: Description & {
    options: Options;
    positionals: Positionals;
    run(
      args: { options: ValuesOf<Options>; positionals: ValuesOf<Positionals> },
      context: Context,
    ): Promise<number | void>;
  },
): Command {
  // The parser reads by the same tables that the handler's types are made from.
  return command as unknown as Command;
}

export function titleOf({ noun, verb }: Pick<Command, 'noun' | 'verb'>): string {
  return verb === undefined ? `muster ${noun}` : `muster ${noun} ${verb}`;
}
