import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { ApiError } from '../../shared/errors';
import type { OutputRange } from '../../shared/ports';
import { queryNumber } from './route';

/** A stream of somebody's output. `source` tells whose: an attempt, or a run of a command. */
export interface ReadableOutput {
  source: string;
  read(range: { start: number; end?: number }): Promise<OutputRange>;
}

/**
 * A stream's bytes from `offset` (at most `length`), or by a Range header. `x-muster-total-bytes` says how many there are by now,
 * `x-muster-next-offset` where to read on, `x-muster-attempt` whose output it is. Without an output yet: no bytes.
 */
export async function answerOutput(
  request: HttpRequest,
  output: ReadableOutput | undefined,
): Promise<HttpResponseInit> {
  const range = readRange(request);
  if (!output) return { status: 200, headers: headersOf('none', { totalBytes: 0, end: 0 }), body: '' };
  const found = await output.read(range);
  const isPart = request.headers.has('range');
  const headers = headersOf(output.source, found);
  if (isPart && range.start >= found.totalBytes)
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${found.totalBytes}` } };
  if (isPart) headers['Content-Range'] = `bytes ${found.start}-${found.end - 1}/${found.totalBytes}`;
  return { status: isPart ? 206 : 200, headers, body: found.body };
}

/**
 * Both streams as they are by now: all of stdout, then all of stderr (in which order bytes of the two were written is not known).
 * `x-muster-stdout-bytes` says where the one ends.
 */
export async function answerBothStreams(
  output: Record<'stdout' | 'stderr', ReadableOutput> | undefined,
): Promise<HttpResponseInit> {
  if (!output) return { status: 200, headers: bothHeaders('none', { stdout: 0, stderr: 0 }), body: '' };
  const [stdout, stderr] = await Promise.all([
    output.stdout.read({ start: 0 }),
    output.stderr.read({ start: 0 }),
  ]);
  const bytes = { stdout: stdout.totalBytes, stderr: stderr.totalBytes };
  return { status: 200, headers: bothHeaders(output.stdout.source, bytes), body: joined(stdout, stderr) };
}

async function* joined(...ranges: OutputRange[]): AsyncGenerator<Uint8Array> {
  for (const { body } of ranges) yield* body;
}

function bothHeaders(source: string, bytes: Record<'stdout' | 'stderr', number>): Record<string, string> {
  return {
    'Content-Type': 'application/octet-stream',
    'x-muster-stdout-bytes': String(bytes.stdout),
    'x-muster-stderr-bytes': String(bytes.stderr),
    'x-muster-attempt': source,
  };
}

function headersOf(
  source: string,
  { totalBytes, end }: Pick<OutputRange, 'totalBytes' | 'end'>,
): Record<string, string> {
  return {
    'Content-Type': 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    'x-muster-total-bytes': String(totalBytes),
    'x-muster-next-offset': String(end),
    'x-muster-attempt': source,
  };
}

function readRange(request: HttpRequest): { start: number; end?: number } {
  const header = request.headers.get('range');
  if (header === null) {
    const start = queryNumber(request, 'offset', { fallback: 0 })!;
    const length = queryNumber(request, 'length');
    return { start, end: length === undefined ? undefined : start + length };
  }
  const match = /^bytes=(\d+)-(\d*)$/.exec(header.trim());
  if (!match || (match[2] && Number(match[2]) < Number(match[1])))
    throw new ApiError(400, 'InvalidRange', "Range must be 'bytes=FIRST-' or 'bytes=FIRST-LAST'.", {
      target: 'Range',
    });
  return { start: Number(match[1]), end: match[2] ? Number(match[2]) + 1 : undefined };
}
