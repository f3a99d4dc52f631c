export class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** 'string!' is required. A function answers what was expected, or undefined when the value is good. */
export type Rule = 'string' | 'string!' | 'boolean' | 'object' | ((value: unknown) => string | undefined);
export type Rules = Record<string, Rule>;

export function isNonNegative(value: unknown): string | undefined {
  return typeof value === 'number' && value >= 0 ? undefined : 'a number of 0 or more';
}

/** The body as an object that keeps to the rules; every problem is named at once. */
export function checked(text: string, rules: Rules): Record<string, unknown> {
  const body = parse(text);
  const problems: string[] = [];
  for (const key of Object.keys(body))
    if (!(key in rules))
      problems.push(`${key}: unknown; there are ${Object.keys(rules).join(', ') || 'no members'}`);
  for (const [key, rule] of Object.entries(rules)) {
    const problem = judge(body[key], rule);
    if (problem) problems.push(`${key}: ${problem}`);
  }
  if (problems.length > 0) throw new ControlError(400, problems.join('; '));
  return body;
}

function parse(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ControlError(400, `The body is no JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ControlError(400, 'The body must be a JSON object.');
  return value as Record<string, unknown>;
}

function judge(value: unknown, rule: Rule): string | undefined {
  if (value === undefined) return rule === 'string!' ? 'is required' : undefined;
  if (typeof rule === 'function') {
    const expected = rule(value);
    return expected === undefined ? undefined : `must be ${expected}`;
  }
  const type = rule.replace('!', '');
  return typeof value === type && value !== null ? undefined : `must be of type ${type}`;
}
