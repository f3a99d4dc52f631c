/** What a command takes behind its name: an option, or a word by its position. `read` is given every text that was, and throws Problem. */
export interface Argument<Value> {
  /** Stands for the value in help; null: a flag, which has none. */
  placeholder: string | null;
  summary: string;
  isRequired: boolean;
  isRepeatable: boolean;
  short?: string;
  read(texts: readonly string[]): Value;
}

/** What is wrong with one value; the option's name is put before it. */
export class Problem extends Error {
  override readonly name = 'Problem';
}

/** How a text becomes a value. */
export interface ValueType<Value> {
  placeholder: string;
  isRepeatable?: boolean;
  parse(texts: readonly string[]): Value;
}

export function required<Value>(type: ValueType<Value>, summary: string): Argument<Value> {
  return {
    ...shapeOf(type, summary),
    isRequired: true,
    read: (texts) => {
      if (texts.length === 0) throw new Problem('is needed');
      return type.parse(texts);
    },
  };
}

export function optional<Value>(type: ValueType<Value>, summary: string): Argument<Value | undefined> {
  return {
    ...shapeOf(type, summary),
    isRequired: false,
    read: (texts) => (texts.length === 0 ? undefined : type.parse(texts)),
  };
}

export function flag(summary: string, { short }: { short?: string } = {}): Argument<boolean> {
  const read = (texts: readonly string[]): boolean => texts.length > 0;
  return { placeholder: null, summary, isRequired: false, isRepeatable: false, short, read };
}

function shapeOf<Value>({ placeholder, isRepeatable = false }: ValueType<Value>, summary: string) {
  return { placeholder, summary, isRepeatable };
}

export type Arguments = Record<string, Argument<unknown>>;
export type ValuesOf<Table extends Arguments> = {
  [Name in keyof Table]: Table[Name] extends Argument<infer Value> ? Value : never;
};

/** `workersPerInstance` is written `--workers-per-instance`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
