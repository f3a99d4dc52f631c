import { badRequest, notFound } from './errors';
import type { Document } from './instance-document';

/** What GET of a path below /metadata/instance answers. */
export function renderPath(
  document: Document,
  segments: readonly string[],
  format: string,
): { type: string; body: string } {
  const node = walk(document, segments);
  if (format === 'json') {
    // A leaf needs format=text: without it, or with json, the real service answers 400 (azure-docs issue 15283).
    if (typeof node === 'string') throw badRequest('A leaf node is available with format=text only');
    return { type: 'application/json; charset=utf-8', body: JSON.stringify(node) };
  }
  if (format !== 'text') throw badRequest('The format parameter is invalid');
  return { type: 'text/plain; charset=utf-8', body: typeof node === 'string' ? node : listing(node) };
}

/** Names match in any case, array elements by index. */
function walk(document: Document, segments: readonly string[]): Document {
  let node = document;
  for (const segment of segments) {
    if (typeof node === 'string') throw notFound();
    const key = Object.keys(node).find((name) => name.toLowerCase() === segment.toLowerCase());
    const next: Document | undefined =
      key === undefined ? undefined : (node as Record<string, Document>)[key];
    if (next === undefined) throw notFound();
    node = next;
  }
  return node;
}

/** A folder in text form: one entry a line, with a slash where more lies below. */
function listing(node: Exclude<Document, string>): string {
  return Object.entries(node as Record<string, Document>)
    .map(([name, value]) => (typeof value === 'string' ? name : `${name}/`))
    .join('\n');
}
