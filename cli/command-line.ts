import { Muster } from '../client';
import { closest } from './arguments/closest';
import { parseCommandLine, type Parsed } from './arguments/parse';
import { titleOf, type Command, type Context } from './command';
import { commands } from './commands';
import { linesOf } from './error-lines';
import { exitCodeOf, Misuse } from './exit-codes';
import { globalOptions } from './global-options';
import { helpOfAll, helpOfCommand, helpOfNoun } from './help';
import { Output, type Format } from './output/output';
import { clientOptions } from './profile';
import { say, write, type Terminal } from './terminal';

/** Runs one command line; returns its exit status. */
export async function runCommandLine(args: string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    for (const line of linesOf(error)) say(terminal, line);
    return exitCodeOf(error);
  }
}

async function dispatch(args: string[], terminal: Terminal): Promise<number> {
  const [noun, verb] = args;
  if (noun === undefined || isHelp(noun)) return show(terminal, helpOfAll(commands));
  const own = commands.filter((command) => command.noun === noun);
  if (own.length === 0) throw unknownNoun(noun);
  const [only] = own;
  if (only!.verb === undefined) return runCommand(only!, args.slice(1), terminal);
  if (verb === undefined || isHelp(verb)) return show(terminal, helpOfNoun(noun, commands));
  const command = own.find((one) => one.verb === verb);
  if (!command) throw unknownVerb(noun, verb, own);
  return runCommand(command, args.slice(2), terminal);
}

async function runCommand(command: Command, args: string[], terminal: Terminal): Promise<number> {
  const end = args.indexOf('--');
  if (args.slice(0, end === -1 ? undefined : end).some(isHelp)) return show(terminal, helpOfCommand(command));
  const options = { ...command.options, ...globalOptions };
  const parsed = parseCommandLine(args, { options, positionals: command.positionals });
  if ('problems' in parsed) throw new Misuse(parsed.problems, titleOf(command));
  try {
    return (await command.run(parsed, contextOf(parsed, terminal))) ?? 0;
  } catch (error) {
    if (error instanceof Misuse && !error.command) throw new Misuse(error.problems, titleOf(command));
    throw error;
  }
}

function contextOf({ options }: Parsed, terminal: Terminal): Context {
  const { output, url, key } = options as { output?: Format; url?: string; key?: string };
  let muster: Muster | undefined;
  return {
    terminal,
    output: new Output(output ?? 'table', terminal),
    get muster() {
      return (muster ??= new Muster(clientOptions({ url, key }, terminal.environment)));
    },
  };
}

/** `help` itself, or an option that asks for it. */
function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

async function show({ stdout }: Terminal, text: string): Promise<number> {
  await write(stdout, text);
  return 0;
}

function unknownNoun(noun: string): Misuse {
  const nouns = [...new Set(commands.map((command) => command.noun))];
  const near = closest(noun, nouns);
  const what = noun.startsWith('-')
    ? `${noun} comes behind the command: muster job list ${noun} …`
    : `'${noun}' is no command${near ? `: do you mean 'muster ${near}'?` : `: there are ${nouns.join(', ')}`}`;
  return new Misuse([what], 'muster');
}

function unknownVerb(noun: string, verb: string, own: readonly Command[]): Misuse {
  const verbs = own.map((command) => command.verb!);
  const near = closest(verb, verbs);
  const hint = near ? `do you mean 'muster ${noun} ${near}'?` : `there are ${verbs.join(', ')}`;
  return new Misuse([`'${verb}' is no command of 'muster ${noun}': ${hint}`], `muster ${noun}`);
}
