import { parseArgs } from 'node:util';
import { closest } from './closest';
import { flagName, Problem, type Argument, type Arguments } from './options';

export interface Grammar {
  options: Arguments;
  /** In their order; the last may be repeatable. */
  positionals: Arguments;
}

export interface Parsed {
  options: Record<string, unknown>;
  positionals: Record<string, unknown>;
}

const notAnOption = 'is no option here';

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

/** What a command line gives to a command, or every problem that it has. */
export function parseCommandLine(args: string[], grammar: Grammar): Parsed | { problems: string[] } {
  const byFlag = new Map(Object.entries(grammar.options).map(([name, option]) => [flagName(name), option]));
  const tokens = tokensOf(args, byFlag);
  const problems: string[] = [];
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const problem = optionProblem(token, byFlag, given);
    if (problem) problems.push(problem);
    else given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
  }
  const options = Object.entries(grammar.options).map(([name, option]): [string, unknown] => {
    const flag = flagName(name);
    const hasProblem = problems.some((problem) => problem.startsWith(`--${flag} `));
    return [name, hasProblem ? undefined : readInto(problems, `--${flag}`, option, given.get(flag) ?? [])];
  });
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const positionals = readPositionals(words, grammar.positionals, problems);
  if (problems.length > 0) return { problems };
  return { options: Object.fromEntries(options), positionals };
}

function tokensOf(args: string[], byFlag: Map<string, Argument<unknown>>): Token[] {
  const options = [...byFlag].map(([flag, { placeholder, short }]) => [
    flag,
    { type: placeholder === null ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
  ]);
  // Not strict: Node stops at the first problem, and here all of them are told.
  return parseArgs({
    args,
    options: Object.fromEntries(options),
    strict: false,
    tokens: true,
    allowPositionals: true,
  }).tokens;
}

function optionProblem(
  { name, rawName, value, inlineValue }: OptionToken,
  byFlag: Map<string, Argument<unknown>>,
  given: Map<string, string[]>,
): string | undefined {
  const option = byFlag.get(name);
  if (!option) {
    const near = closest(name, [...byFlag.keys()]);
    return `${rawName} ${notAnOption}${near ? `: do you mean --${near}?` : ''}`;
  }
  if (option.placeholder === null) {
    return inlineValue ? `--${name} takes no value: leave '=${value}' away` : undefined;
  }
  if (value === undefined) return `--${name} needs a value: --${name} ${option.placeholder}`;
  if (!inlineValue && value.startsWith('-') && value.length > 1)
    return `--${name} needs a value, and '${value}' looks like an option: if it is the value, write --${name}=${value}`;
  if (given.has(name) && !option.isRepeatable) return `--${name} is given twice: give it once`;
  return undefined;
}

function readPositionals(
  words: string[],
  positionals: Arguments,
  problems: string[],
): Record<string, unknown> {
  const rest = [...words];
  const entries = Object.entries(positionals).map(([name, argument]): [string, unknown] => {
    const taken = argument.isRepeatable ? rest.splice(0) : rest.splice(0, 1);
    return [name, readInto(problems, argument.placeholder ?? name, argument, taken)];
  });
  // Behind an option that is none here, a word may have been meant as its value.
  if (rest.length > 0 && !problems.some((problem) => problem.includes(notAnOption)))
    problems.push(`${rest.map((word) => `'${word}'`).join(' ')} is too much here: leave it away`);
  return Object.fromEntries(entries);
}

function readInto(
  problems: string[],
  called: string,
  ...[argument, texts]: [Argument<unknown>, string[]]
): unknown {
  try {
    return argument.read(texts);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    problems.push(`${called} ${error.message}`);
    return undefined;
  }
}
