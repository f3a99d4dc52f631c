import { readFileSync } from 'node:fs';
import { Misuse } from './exit-codes';

/** A file's text; `-` is standard input. */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Misuse([`${file} cannot be read: ${(error as Error).message}`]);
  }
}

/** A request as the API takes it, written by hand: JSON, an object. What options say is put over it. */
export function readRequest(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof Misuse) throw error;
    throw new Misuse([`${file} is not JSON: ${(error as Error).message}`]);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Misuse([`${file} must hold one JSON object, the request as the API takes it`]);
}

/** What is there of the fields; an absent option says nothing. */
export function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as Partial<Fields>;
}
