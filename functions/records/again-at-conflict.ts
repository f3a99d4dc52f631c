import { RecordConflict } from '../../shared/errors';

/**
 * Reads and writes by a row's etag, all of it again where the row had changed in between: of changes at the same time each counts. Rejects with
 * the last RecordConflict after so many attempts.
 */
export async function againAtConflict<Result>(
  attempts: number,
  readAndWrite: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readAndWrite();
    } catch (error) {
      if (!(error instanceof RecordConflict) || attempt === attempts) throw error;
    }
  }
}
