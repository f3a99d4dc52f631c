/** Says why a text is no route template; the caller names the function. */
export class InvalidRoute extends Error {}

export interface RouteConstraint {
  text: string;
  matches(value: string): boolean;
}

const wholeNumber = /^[+-]?\d+$/;
const realNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const guid = /^(\{|\()?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}(\}|\))?$/i;

const within = (value: string, least: bigint, most: bigint): boolean =>
  wholeNumber.test(value) &&
  BigInt(value.replace('+', '')) >= least &&
  BigInt(value.replace('+', '')) <= most;

const simple: Record<string, (value: string) => boolean> = {
  int: (value) => within(value, -(2n ** 31n), 2n ** 31n - 1n),
  long: (value) => within(value, -(2n ** 63n), 2n ** 63n - 1n),
  bool: (value) => /^(true|false)$/i.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  decimal: (value) => realNumber.test(value),
  double: (value) => realNumber.test(value),
  float: (value) => realNumber.test(value),
  guid: (value) => guid.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== '',
  nonfile: (value) => !/\.[^/.]+$/.test(value),
};

const isWhole = (value: string): boolean => wholeNumber.test(value);

interface Parametrised {
  /** How many numbers it takes, at least and at most. */
  takes: [number, number];
  build(first: number, second: number | undefined): (value: string) => boolean;
}

const parametrised: Record<string, Parametrised> = {
  length: {
    takes: [1, 2],
    build:
      (a, b = a) =>
      (value) =>
        value.length >= a && value.length <= b,
  },
  minlength: { takes: [1, 1], build: (least) => (value) => value.length >= least },
  maxlength: { takes: [1, 1], build: (most) => (value) => value.length <= most },
  min: { takes: [1, 1], build: (least) => (value) => isWhole(value) && Number(value) >= least },
  max: { takes: [1, 1], build: (most) => (value) => isWhole(value) && Number(value) <= most },
  range: {
    takes: [2, 2],
    build:
      (least, most = least) =>
      (value) =>
        isWhole(value) && Number(value) >= least && Number(value) <= most,
  },
};

/** The inline constraints of ASP.NET Core (`{id:int:min(1)}`). */
export function constraintOf(text: string): RouteConstraint {
  const [, name = '', inBrackets] = /^([a-z]+)(?:\((.*)\))?$/is.exec(text.trim()) ?? [];
  const key = name.toLowerCase();
  if (key === 'regex' && inBrackets !== undefined) {
    return { text, matches: regexConstraint(inBrackets) };
  }
  const plain = simple[key];
  if (plain && inBrackets === undefined) {
    return { text, matches: plain };
  }
  const numbers = (inBrackets ?? '')
    .split(',')
    .map((number) => (number.trim() === '' ? NaN : Number(number)));
  const [first, second] = numbers;
  const known = parametrised[key];
  if (known && first !== undefined && numbers.every(Number.isInteger) && takes(known, numbers.length)) {
    return { text, matches: known.build(first, second) };
  }
  throw new InvalidRoute(`constraint "${text}" is unknown`);
}

function regexConstraint(source: string): (value: string) => boolean {
  try {
    const pattern = new RegExp(source, 'i');
    return (value) => pattern.test(value);
  } catch {
    throw new InvalidRoute(`constraint "regex(${source})" is no regular expression`);
  }
}

function takes({ takes: [least, most] }: Parametrised, count: number): boolean {
  return count >= least && count <= most;
}
