import type { z } from 'zod';
import type { Problem } from '../../shared/errors';

type Issue = z.core.$ZodIssue;

/** Every problem that validation found, one line each, by the path a person would write. */
export function problemsOf(error: z.ZodError, root = ''): Problem[] {
  return error.issues.flatMap((issue) => flatten(issue, root));
}

function flatten(issue: Issue, root: string): Problem[] {
  const target = join(root, issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      code: 'UnknownField',
      message: `'${key}' is not a field here: remove it or mend its spelling.`,
      target: join(target, [key]),
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const closest = closestBranch(issue.errors);
    return closest.flatMap((inner) => flatten(inner, target));
  }
  // A record's key: what is wrong with it stands inside.
  if (issue.code === 'invalid_key' && issue.issues.length > 0) {
    return issue.issues.map(({ message }) => ({ code: 'InvalidField', message, target }));
  }
  const code =
    issue.code === 'invalid_type' && issue.message.includes('received undefined')
      ? 'MissingField'
      : 'InvalidField';
  return [{ code, message: issue.message, target: target || '(body)' }];
}

/** Of a union the branch that the body came nearest to: fewest unknown or missing fields, then fewest problems. */
function closestBranch(branches: readonly Issue[][]): readonly Issue[] {
  const distance = (issues: readonly Issue[]): number =>
    issues.reduce(
      (sum, issue) =>
        sum +
        (issue.code === 'unrecognized_keys'
          ? 10 * issue.keys.length
          : issue.message.includes('undefined')
            ? 5
            : 1),
      0,
    );
  return [...branches].sort((a, b) => distance(a) - distance(b))[0] ?? [];
}

function join(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    root,
  );
}
