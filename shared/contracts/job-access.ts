import { z } from 'zod';
import { JobId } from './names';

/** What a job that commands a cluster finds in its tasks' environment, and how its token is had. */

/** Below the control plane's URL: the same API, path for path, for the token of a job in place of a function key. */
export const jobAccessPath = '/api/job-access';

/** In a task's environment: the URL that API paths (`/api/...`) are appended to. */
export const jobUrlVariable = 'MUSTER_URL';

/** In a task's environment: the file with the token. Its content changes: read it for each call. */
export const jobTokenFileVariable = 'MUSTER_TOKEN_FILE';

/** POST /api/workers/job-token, `Authorization: Bearer {agentToken}`: a token for a job of the agent's owner that asked for one. */
export const JobTokenRequest = z.strictObject({ version: z.literal(1), jobId: JobId });
export type JobTokenRequest = z.infer<typeof JobTokenRequest>;

export const JobTokenAnswer = z.object({
  token: z.string().min(1),
  /** Counted from the answer, so that the clocks of VMs do not matter. */
  expiresInMs: z.int().min(1),
});
export type JobTokenAnswer = z.infer<typeof JobTokenAnswer>;
