import {
  bundleFileBlob,
  inputBlob,
  type BundleDocument,
  type JobRequest,
  type JobSpecification,
  type SpecifiedInput,
} from '../../shared/contracts';
import type { JobRow } from '../../shared/domain';
import { ApiError, type Problem } from '../../shared/errors';
import type { App } from '../app';
import { useContent } from '../contents/use-content';
import { findBundle } from '../http/bundles';
import { outOfScope } from '../http/job-access';
import type { OpenMark } from '../records/jobs';

/** What is sent along with a job. The bundle's values go from its blob to the job's and nowhere else. */
export interface SentAlong {
  inputs: SpecifiedInput[];
  bundle: BundleDocument | undefined;
}

/** How long storage may take to read what it copies. */
const copyLinkMs = 24 * 3_600_000;
const concurrentCopies = 8;

/** Undefined where the request has nothing of it. Throws 400 naming every content that is not there, 404 for an unknown bundle. */
export async function findSentAlong(
  app: App,
  request: JobRequest,
  callerJob: string | undefined,
): Promise<SentAlong | undefined> {
  const { inputs: asked = [], bundle: id } = request;
  if (asked.length === 0 && id === undefined) return undefined;
  if (id !== undefined && callerJob !== undefined)
    throw outOfScope(`The bundle '${id}' is not for '${callerJob}' to read: send what is needed as inputs.`);
  const bundle = id === undefined ? undefined : await findBundle(app, { id, target: 'bundle' });
  const problems: Problem[] = [];
  const inputs = await Promise.all(
    asked.map(async (input, index): Promise<SpecifiedInput> => {
      const found = await useContent(app, input.sha256);
      if (!found) problems.push(missing(`inputs[${index}].sha256`, input.sha256));
      return { ...input, bytes: found?.bytes ?? 0 };
    }),
  );
  if (problems.length === 0) return { inputs, bundle };
  const message = `${problems.length} of the job's inputs are not there: POST /api/contents says where to send them.`;
  throw new ApiError(400, 'ContentNotFound', message, { details: problems });
}

function missing(target: string, sha256: string): Problem {
  return { code: 'ContentNotFound', target, message: `There is no content of the hash ${sha256}.` };
}

/** Of it, what the job's specification says. */
export function specifiedInputs(
  sent: SentAlong | undefined,
  { maskOutput }: Pick<JobRequest, 'maskOutput'>,
): Pick<JobSpecification, 'inputs' | 'bundle' | 'maskOutput'> {
  if (!sent) return {};
  const { inputs, bundle } = sent;
  return {
    ...(inputs.length > 0 && { inputs }),
    ...(bundle && { bundle: { files: bundle.files } }),
    ...(bundle && maskOutput && { maskOutput }),
  };
}

/** Copies it to where the owner's VMs reach it. May be repeated. */
export async function copySentAlong(
  app: App,
  { jobId, owner }: Pick<JobRow, 'jobId' | 'owner'>,
  { inputs, bundle }: SentAlong,
): Promise<void> {
  const to = app.jobInputs(owner);
  const contents = new Map<string, { sha256: string; bytes: number }>([
    ...inputs.map((input) => [inputBlob(jobId, input.sha256), input] as const),
    ...(bundle?.files ?? []).map((file) => [bundleFileBlob(jobId, file.name), file] as const),
  ]);
  const left = [...contents];
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [blob, { sha256, bytes }] = next;
      const url = await app.content.link(sha256, copyLinkMs);
      if (!(await to.copyContent(blob, { url, bytes }))) throw gone(sha256);
    }
  };
  await Promise.all(Array.from({ length: concurrentCopies }, lane));
  if (bundle) await to.putVariables(jobId, JSON.stringify(bundle.variables));
}

/** Deleted since it was looked for, or its bundle has outlived it. */
function gone(sha256: string): ApiError {
  const message = `The content ${sha256} that is to be sent along is not there: send it again, and the bundle that names it.`;
  return new ApiError(400, 'ContentNotFound', message);
}

/** No submission takes so long. */
const abandonedAfterMs = 3_600_000;

/** A submission died before its row was written: nobody else would ever remove its mark, nor the copies of what was sent along. */
export async function dropAbandoned(app: App, jobId: string, { createdAt, owner }: OpenMark): Promise<void> {
  if (app.clock.now() - Date.parse(createdAt) < abandonedAfterMs) return;
  if (owner) await app.jobInputs(owner).remove(jobId);
  await app.records.remove('jobs', 'open', jobId);
}
