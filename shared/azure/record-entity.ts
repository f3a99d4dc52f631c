import { gunzipSync, gzipSync } from 'node:zlib';

/**
 * How a JSON value lies in a table entity. Azure counts a string at two bytes a character and allows 64 KiB a property, 1 MiB
 * an entity; so JSON up to 450 K characters goes into `json0`, `json1`, ... (readable in the portal), and longer JSON,
 * compressed, into the binary properties `gzip0`, `gzip1`, ... .
 *
 * Text is stored as ASCII with JSON's own escapes: Azurite (3.37) breaks characters of several bytes where a request's
 * network chunks end. Azurite also takes the 1 MiB for the request's body, base64 and all; hence the limit on compressed bytes.
 */
const maxValueBytes = 900 * 1024;
const maxTextLength = 450 * 1024;
const maxCompressedBytes = 740 * 1024;
const textPartLength = 30_000;
const bytesPartLength = 60_000;

export interface RecordEntity {
  partitionKey: string;
  rowKey: string;
  [part: string]: string | Uint8Array;
}

export function toEntity(partition: string, key: string, value: unknown): RecordEntity {
  checkKey('partition', partition);
  checkKey('key', key);
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError(`The value of ${partition}/${key} has no JSON form.`);
  const bytes = Buffer.byteLength(json);
  const ascii = bytes <= maxTextLength ? toAscii(json) : undefined;
  const parts =
    ascii !== undefined && ascii.length <= maxTextLength
      ? split('json', ascii, textPartLength)
      : split('gzip', compress(json, { bytes, place: `${partition}/${key}` }), bytesPartLength);
  return { partitionKey: partition, rowKey: key, ...parts };
}

export function fromEntity<Value>(entity: Record<string, unknown>): Value {
  const text = (partsOf(entity, 'json') as string[]).join('');
  const json = text || gunzipSync(Buffer.concat(partsOf(entity, 'gzip') as Uint8Array[])).toString();
  return JSON.parse(json) as Value;
}

/** Upper bound of the entity's size in a transaction's body. */
export function wireSize(entity: RecordEntity): number {
  const sizes = Object.values(entity).map((value) =>
    typeof value === 'string' ? Buffer.byteLength(JSON.stringify(value)) : Math.ceil(value.length / 3) * 4,
  );
  return sizes.reduce((sum, size) => sum + size, 2_048);
}

/** Azure's own rule for PartitionKey and RowKey; the length keeps a filter over both within a URL. */
export function checkKey(what: string, key: string): void {
  if (key.length < 1 || key.length > 512 || /[/\\#?\u0000-\u001f\u007f-\u009f]/.test(key)) {
    throw new RangeError(
      `${JSON.stringify(key.slice(0, 80))} is no ${what}: 1 to 512 characters, none of / \\ # ? or control characters.`,
    );
  }
}

function toAscii(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function compress(json: string, value: { bytes: number; place: string }): Uint8Array {
  const compressed = value.bytes <= maxValueBytes ? gzipSync(json) : undefined;
  if (!compressed || compressed.length > maxCompressedBytes) {
    const limit = compressed
      ? `${maxCompressedBytes} once compressed, and it is ${compressed.length}`
      : maxValueBytes;
    throw new RangeError(
      `The value of ${value.place} is ${value.bytes} bytes of JSON; a table row holds at most ${limit}.`,
    );
  }
  return new Uint8Array(compressed);
}

function split<Whole extends string | Uint8Array>(
  name: string,
  whole: Whole,
  partLength: number,
): Record<string, Whole> {
  const parts: Record<string, Whole> = {};
  for (let start = 0, index = 0; start < whole.length; start += partLength, index += 1) {
    parts[`${name}${index}`] = whole.slice(start, start + partLength) as Whole;
  }
  return parts;
}

function partsOf(entity: Record<string, unknown>, name: string): unknown[] {
  const parts: unknown[] = [];
  for (let index = 0; entity[`${name}${index}`] !== undefined; index += 1) {
    parts.push(entity[`${name}${index}`]);
  }
  return parts;
}
