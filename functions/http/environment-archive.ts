import { Parser, type ReadEntry } from 'tar';
import {
  entryPath,
  entryProblem,
  environmentFiles,
  maxEnvironmentEntries,
  maxEnvironmentUnpackedBytes,
  partsOf,
  type EnvironmentPart,
} from '../../shared/contracts';
import { ApiError, type Problem } from '../../shared/errors';

export interface InspectedArchive {
  entries: number;
  parts: EnvironmentPart[];
}

const problemsShown = 20;

/** What a packed folder holds. Throws 400 with everything in it that a VM must not unpack, or could make nothing of. */
export async function inspectArchive(body: Uint8Array): Promise<InspectedArchive> {
  const found = await readEntries(body);
  if (found.problems.length > 0) {
    const message = `The archive has ${found.problems.length} entries that cannot be taken.`;
    throw new ApiError(400, 'InvalidArchive', message, { details: found.problems.slice(0, problemsShown) });
  }
  const parts = partsOf(found.atTop);
  if (parts.length > 0) return { entries: found.entries, parts };
  const wanted = Object.keys(environmentFiles).join(', ');
  const message = `At the top of the archive is none of ${wanted}: pack what is in the folder (tar -C FOLDER -czf - .), not the folder itself.`;
  throw new ApiError(400, 'NothingToMake', message);
}

interface Found {
  entries: number;
  bytes: number;
  atTop: Set<string>;
  problems: Problem[];
}

function readEntries(body: Uint8Array): Promise<Found> {
  const found: Found = { entries: 0, bytes: 0, atTop: new Set(), problems: [] };
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(asApiError(error));
    const parser: Parser = new Parser({
      strict: true,
      onReadEntry: (entry) => {
        const excess = take(found, entry);
        entry.resume();
        if (excess) parser.abort(excess);
      },
    });
    parser.on('error', refuse);
    parser.on('abort', refuse);
    parser.on('end', () => resolve(found));
    parser.end(Buffer.from(body));
  });
}

/** Notes one entry; an error where there is too much. */
function take(found: Found, entry: ReadEntry): ApiError | undefined {
  found.entries++;
  found.bytes += entry.size;
  const path = entryPath(entry.path);
  if (entry.type === 'File' && !path.includes('/')) found.atTop.add(path);
  const message = entryProblem({ path, type: entry.type, linkpath: entry.linkpath });
  if (message) found.problems.push({ code: 'InvalidEntry', target: path, message });
  if (found.entries <= maxEnvironmentEntries && found.bytes <= maxEnvironmentUnpackedBytes) return undefined;
  const limit = `${maxEnvironmentEntries} entries and ${maxEnvironmentUnpackedBytes} bytes unpacked`;
  return new ApiError(413, 'PayloadTooLarge', `An environment may have at most ${limit}.`);
}

function asApiError(error: Error): ApiError {
  if (error instanceof ApiError) return error;
  const message = `The body is no tar archive packed by gzip: ${error.message}.`;
  return new ApiError(400, 'InvalidArchive', message);
}
