export interface MimePart {
  contentType: string;
  fileName: string;
  /** The part's X-Merge-Type header, '' when absent. */
  mergeType: string;
  content: Buffer;
}

interface Entity {
  headers: Map<string, string>;
  body: string;
}

/** The leaves of a MIME message, in order; `text` holds one byte a character (latin1). */
export function parseMultipart(text: string): MimePart[] {
  return leaves(splitEntity(text));
}

function splitEntity(text: string): Entity {
  const gap = /\r?\n\r?\n/.exec(text);
  const head = gap === null ? text : text.slice(0, gap.index);
  const body = gap === null ? '' : text.slice(gap.index + gap[0].length);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body };
}

function leaves(entity: Entity): MimePart[] {
  const contentType = entity.headers.get('content-type') ?? '';
  if (/^multipart\//i.test(contentType)) {
    return splitBodies(entity.body, parameter(contentType, 'boundary')).flatMap((text) =>
      leaves(splitEntity(text)),
    );
  }
  const disposition = entity.headers.get('content-disposition') ?? '';
  return [
    {
      contentType: (contentType.split(';')[0] ?? '').trim().toLowerCase(),
      fileName: parameter(disposition, 'filename') || parameter(contentType, 'name'),
      mergeType: entity.headers.get('x-merge-type') ?? entity.headers.get('merge-type') ?? '',
      content: decode(entity.body, (entity.headers.get('content-transfer-encoding') ?? '').toLowerCase()),
    },
  ];
}

function parameter(header: string, name: string): string {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(header);
  return match?.[1] ?? match?.[2] ?? '';
}

/** Text between boundary lines; the line break before a boundary belongs to the boundary. */
function splitBodies(body: string, boundary: string): string[] {
  const parts: string[] = [];
  let current: string[] | undefined;
  for (const line of body.split('\n')) {
    const bare = line.trimEnd();
    if (bare === `--${boundary}` || bare === `--${boundary}--`) {
      if (current) parts.push(current.join('\n').replace(/\r$/, ''));
      if (bare.endsWith('--') && bare !== `--${boundary}`) return parts;
      current = [];
    } else current?.push(line);
  }
  if (current) parts.push(current.join('\n'));
  return parts;
}

function decode(body: string, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1');
  const joined = body.replace(/[ \t]*=\r?\n/g, '');
  return Buffer.from(
    joined.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
}
