/** Everything that keeps an app from being served, told at once and not one at a time. */
export class AppProblems extends Error {
  constructor(readonly problems: string[]) {
    super(`The app cannot be served:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'AppProblems';
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
