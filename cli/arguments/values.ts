import { Problem, type ValueType } from './options';

const last = (texts: readonly string[]): string => texts.at(-1)!;

export function text(placeholder: string): ValueType<string> {
  return {
    placeholder,
    parse: (texts) => {
      if (last(texts) === '') throw new Problem('must not be empty');
      return last(texts);
    },
  };
}

/** May be given several times. */
export function texts(placeholder: string): ValueType<string[]> {
  return { placeholder, isRepeatable: true, parse: (given) => [...given] };
}

export function wholeNumber(
  placeholder: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): ValueType<number> {
  return {
    placeholder,
    parse: (given) => {
      const number = /^\d+$/.test(last(given)) ? Number(last(given)) : NaN;
      if (number >= min && number <= max) return number;
      const limit = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
      throw new Problem(`must be a whole number ${limit}, not '${last(given)}'`);
    },
  };
}

export function decimal(placeholder: string): ValueType<number> {
  return {
    placeholder,
    parse: (given) => {
      if (/^\d+(\.\d+)?$/.test(last(given))) return Number(last(given));
      throw new Problem(`must be a number, not '${last(given)}'`);
    },
  };
}

export function choice<const Word extends string>(words: readonly Word[]): ValueType<Word> {
  return { placeholder: words.join('|'), parse: (given) => oneOf(words, last(given)) };
}

/** Several of them, separated by commas or in options of their own. */
export function choices<const Word extends string>(words: readonly Word[]): ValueType<Word[]> {
  const parse = (given: readonly string[]): Word[] =>
    given.flatMap((one) => one.split(',')).map((word) => oneOf(words, word));
  return { placeholder: words.join(','), isRepeatable: true, parse };
}

function oneOf<Word extends string>(words: readonly Word[], given: string): Word {
  const found = words.find((word) => word === given);
  if (found === undefined) throw new Problem(`must be one of ${words.join(', ')}, not '${given}'`);
  return found;
}

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In ms: `90` and `90s` are 90 seconds; `500ms`, `15m`, `2h`, `7d`. */
export const duration: ValueType<number> = {
  placeholder: 'DURATION',
  parse: (given) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(last(given));
    if (!match) throw new Problem(`must be a duration such as 90s, 15m, 2h or 7d, not '${last(given)}'`);
    return Math.round(Number(match[1]) * units[match[2] ?? 's']!);
  },
};

/** `NAME=VALUE`, any number of them; of one name the last. */
export const pairs: ValueType<Record<string, string>> = {
  placeholder: 'NAME=VALUE',
  isRepeatable: true,
  parse: (given) =>
    Object.fromEntries(
      given.map((pair) => {
        const at = pair.indexOf('=');
        if (at < 1) throw new Problem(`must be NAME=VALUE, not '${pair}'`);
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
    ),
};
