import { flagName, type Argument, type Arguments } from './arguments/options';
import { titleOf, type Command } from './command';
import { exitCodeMeanings } from './exit-codes';
import { globalOptions } from './global-options';

type Row = readonly [string, string];

const nounSummaries: Record<string, string> = {
  'scale-set': 'groups of VMs: the clusters',
  vm: 'detached VMs, for long jobs',
  job: 'what runs on them',
  template: 'recipes that VMs and their networks are made from',
  manifest: 'your Azure defaults',
  bundle: 'variables and files that go along with jobs',
  submission: 'what became of jobs that were sent by queue',
  environment: 'software environments that VMs make at their boot',
};

/** `muster --help`. */
export function helpOfAll(commands: readonly Command[]): string {
  const nouns = [...new Set(commands.map(({ noun }) => noun))];
  const rows = nouns.map((noun): Row => {
    const [first] = commands.filter((command) => command.noun === noun);
    return [`muster ${noun}`, first!.verb === undefined ? first!.summary : (nounSummaries[noun] ?? '')];
  });
  return paragraphs([
    'muster: elastic Azure VM clusters and detached VMs that run any program for as long as it takes.',
    section('Commands', rows),
    'Each says more about itself with --help, e.g. muster job --help.',
    section('Options of every command', optionRows(globalOptions)),
    section('Environment', [
      ['MUSTER_URL', 'of the control plane'],
      ['MUSTER_KEY', 'a function key'],
      ['MUSTER_TOKEN_FILE', "within a job: the file with the job's token"],
    ]),
    section('Exit status', exitCodeRows),
  ]);
}

/** `muster job --help`. */
export function helpOfNoun(noun: string, commands: readonly Command[]): string {
  const own = commands.filter((command) => command.noun === noun);
  return paragraphs([
    `muster ${noun}: ${nounSummaries[noun] ?? ''}`,
    section(
      'Commands',
      own.map((command): Row => [shortUsageOf(command), command.summary]),
    ),
    `Each says more about itself with --help, e.g. ${titleOf(own[0]!)} --help.`,
  ]);
}

/** `muster job submit --help`. */
export function helpOfCommand(command: Command): string {
  const { summary, description, options, positionals, examples = [], exitCodes = [] } = command;
  const words = Object.entries(positionals).map(([name, argument]): Row => [
    argument.placeholder ?? name,
    argument.summary,
  ]);
  return paragraphs([
    `${titleOf(command)}: ${summary}`,
    `Usage: ${usageOf(command)}`,
    description ?? '',
    section('Arguments', words),
    section('Options', optionRows(options)),
    section('Options of every command', optionRows(globalOptions)),
    examples.length > 0 ? `Examples:\n${examples.map((line) => `  ${line}\n`).join('')}`.trimEnd() : '',
    exitCodes.length > 0
      ? section(
          'Exit status',
          exitCodes.map(([code, meaning]): Row => [String(code), meaning]),
        )
      : '',
  ]);
}

function usageOf(command: Command): string {
  const isMore = Object.values(command.options).some((option) => !option.isRequired);
  return shortUsageOf(command, isMore ? ['[options]'] : []);
}

/** What it cannot do without; the program that it runs comes last. */
function shortUsageOf(command: Command, more: readonly string[] = []): string {
  const needed = Object.entries(command.options).filter(([, option]) => option.isRequired);
  const words = Object.entries(command.positionals);
  const rest = words.filter(([, argument]) => argument.isRepeatable);
  return [
    titleOf(command),
    ...words.filter((word) => !rest.includes(word)).map(([name, argument]) => wordOf(name, argument)),
    ...needed.map(([name, option]) => `--${flagName(name)} ${option.placeholder}`),
    ...more,
    ...rest.map(([name, argument]) => wordOf(name, argument)),
  ].join(' ');
}

function wordOf(name: string, { placeholder, isRequired }: Argument<unknown>): string {
  const word = placeholder ?? name;
  return isRequired ? word : `[${word}]`;
}

function optionRows(options: Arguments): Row[] {
  return Object.entries(options).map(([name, { placeholder, short, isRepeatable, isRequired, summary }]) => [
    `${short ? `-${short}, ` : ''}--${flagName(name)}${placeholder === null ? '' : ` ${placeholder}`}`,
    `${summary}${isRepeatable ? '; may be given again' : ''}${isRequired ? ' (needed)' : ''}`,
  ]);
}

const exitCodeRows = exitCodeMeanings.map(([code, meaning]): Row => [String(code), meaning]);

function section(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const width = Math.min(Math.max(...rows.map(([left]) => left.length)), 40);
  const lines = rows.map(([left, right]) =>
    left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
  );
  return `${title}:\n${lines.join('\n')}`;
}

function paragraphs(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
