import type { OutputStream } from '../../shared/contracts/blob-names';
import type { InlineOutput } from '../../shared/contracts/work-messages';
import type { WorkerContext } from '../worker-context';
import { outputLimits, OutputWriter } from './output-stream';

/** stdout and stderr of one run. */
export interface Output {
  stdout: OutputWriter;
  stderr: OutputWriter;
}

type Storing = Pick<WorkerContext, 'blobs' | 'settings'>;

/** `onFailure`: one of them can take no more for good. */
function writersOf(
  { blobs, settings }: Storing,
  blobOf: (stream: OutputStream, segment: number) => string,
  onFailure?: () => void,
): Output {
  const { outputFlushMs: flushMs, outputFlushBytes: flushBytes } = settings;
  const writer = (stream: OutputStream): OutputWriter => {
    const target = { blobOf: (segment: number) => blobOf(stream, segment), onFailure };
    return new OutputWriter(blobs, target, { ...outputLimits, flushMs, flushBytes });
  };
  return { stdout: writer('stdout'), stderr: writer('stderr') };
}

/** Makes both streams in storage at once. */
export async function openOutput(...of: Parameters<typeof writersOf>): Promise<Output> {
  const output = writersOf(...of);
  await Promise.all([output.stdout.open(), output.stderr.open()]);
  return output;
}

/** Each stream comes to storage with its first flush. */
export function startOutput(...of: Parameters<typeof writersOf>): Output {
  const output = writersOf(...of);
  output.stdout.start();
  output.stderr.start();
  return output;
}

/** How the output of an ended run lies: all of it in storage, or, not yet there and short enough, here. */
export interface FinishedOutput {
  stdoutBytes: number;
  stderrBytes: number;
  output: InlineOutput | null;
}

/** Resolves when every byte is in storage, or is given back. */
export async function finishOutput({ stdout, stderr }: Output, inlineBytes: number): Promise<FinishedOutput> {
  const isShort = stdout.unwritten + stderr.unwritten <= inlineBytes;
  if (isShort && stdout.isUntouched && stderr.isUntouched) {
    const [out, err] = [stdout.takeUnwritten(), stderr.takeUnwritten()];
    await Promise.all([stdout.finish(), stderr.finish()]);
    const output = { stdout: out.toString('base64'), stderr: err.toString('base64') };
    return { stdoutBytes: out.length, stderrBytes: err.length, output };
  }
  await Promise.all([stdout.finish(), stderr.finish()]);
  return { stdoutBytes: stdout.written, stderrBytes: stderr.written, output: null };
}
