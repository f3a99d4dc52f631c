/** One word for /bin/sh, whatever it contains. */
export function quote(word: string): string {
  return `'${word.replace(/'/g, "'\\''")}'`;
}

/**
 * A list of commands as cloud-init writes runcmd and bootcmd: strings are shell text, lists are words kept apart.
 * There is no `set -e`: a failing command does not stop the next.
 */
export function commandScript(commands: readonly unknown[]): { script: string; problems: string[] } {
  const problems: string[] = [];
  const lines = ['#!/bin/sh'];
  for (const [index, command] of commands.entries()) {
    if (typeof command === 'string') lines.push(command);
    else if (Array.isArray(command)) lines.push(command.map((word) => quote(String(word))).join(' '));
    else if (command !== null)
      problems.push(
        `Unable to shellify type ${typeof command} (entry ${index + 1}). Expected list, string or null`,
      );
  }
  return { script: `${lines.join('\n')}\n`, problems };
}

/** A warning line inside a stage script. */
export function warn(module: string, message: string): string {
  return `log WARNING ${module} ${quote(message)}`;
}
