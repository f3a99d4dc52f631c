import type { TypedData } from './core-types';

/**
 * What the host makes of a value a function handed back, as serialised JSON: bytes become base64, as
 * Newtonsoft.Json writes a byte array. Undefined for no value.
 */
export function typedDataToJson(data: TypedData | null | undefined): string | undefined {
  if (!data) {
    return undefined;
  }
  if (typeof data.string === 'string') {
    return JSON.stringify(data.string);
  }
  if (typeof data.json === 'string') {
    return data.json;
  }
  const bytes = data.bytes ?? data.stream;
  if (bytes) {
    return JSON.stringify(Buffer.from(bytes).toString('base64'));
  }
  const number = data.int ?? data.double;
  return number === null || number === undefined ? undefined : String(number);
}

/** The messages an output binding is to send: each element of an array is one. */
export function typedDataToMessages(data: TypedData | null | undefined): Buffer[] {
  if (!data) {
    return [];
  }
  const bytes = data.bytes ?? data.stream;
  if (bytes) {
    return [Buffer.from(bytes)];
  }
  if (typeof data.string === 'string') {
    return [Buffer.from(data.string)];
  }
  const json = typedDataToJson(data);
  if (json === undefined) {
    return [];
  }
  const value: unknown = JSON.parse(json);
  const elements: unknown[] = Array.isArray(value) ? value : [value];
  return elements.map((element) =>
    Buffer.from(typeof element === 'string' ? element : JSON.stringify(element)),
  );
}
