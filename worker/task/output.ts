import type { OutputStream } from '../../shared/contracts/blob-names';
import type { WorkerContext } from '../worker-context';
import { outputLimits, OutputWriter } from './output-stream';

/** stdout and stderr of one run. */
export interface Output {
  stdout: OutputWriter;
  stderr: OutputWriter;
}

/** Makes both streams in storage. `onFailure`: one of them can take no more for good. */
export async function openOutput(
  { blobs, settings }: Pick<WorkerContext, 'blobs' | 'settings'>,
  blobOf: (stream: OutputStream, segment: number) => string,
  onFailure?: () => void,
): Promise<Output> {
  const { outputFlushMs: flushMs, outputFlushBytes: flushBytes } = settings;
  const writer = (stream: OutputStream): OutputWriter => {
    const target = { blobOf: (segment: number) => blobOf(stream, segment), onFailure };
    return new OutputWriter(blobs, target, { ...outputLimits, flushMs, flushBytes });
  };
  const output = { stdout: writer('stdout'), stderr: writer('stderr') };
  await Promise.all([output.stdout.open(), output.stderr.open()]);
  return output;
}
