import { z } from 'zod';
import { JobState, type JobView } from '../../shared/contracts';
import { newJobStatus, type JobRow, type JobStatus } from '../../shared/domain';
import type { App } from '../app';
import { jobView } from './job-view';
import { listPage } from './paging';
import { parseShape, type Call } from './route';

/** What a list of jobs may be narrowed by; `state` may name several, separated by commas. */
const JobFilter = z.strictObject({
  state: z
    .string()
    .transform((states) => states.split(','))
    .pipe(z.array(JobState))
    .optional(),
  name: z.string().optional(),
  scaleSet: z.string().optional(),
  virtualMachine: z.string().optional(),
});
type JobFilter = z.infer<typeof JobFilter>;

/** A page may hold fewer than `top`, and yet have a next one: the filter is applied to what the page holds. */
export async function listJobs(app: App, { request, callerJob }: Call): Promise<{ value: JobView[] }> {
  const asked = Object.keys(JobFilter.shape).map((name) => [name, request.query.get(name) ?? undefined]);
  const filter = parseShape(Object.fromEntries(asked), JobFilter);
  return listPage(app, request, {
    table: 'jobs',
    partition: 'job',
    views: async (all: JobRow[]) => {
      const rows = all.filter((row) => callerJob === undefined || row.submittedByJob === callerJob);
      const statuses = await statusesOf(app, rows);
      const views = rows.map((row) => jobView({ row, status: statuses.get(row.jobId) ?? newJobStatus(row) }));
      return views.filter((view) => isWanted(view, filter));
    },
  });
}

/** Both partitions have the same keys in the same order: one range of the other. */
async function statusesOf({ records }: App, rows: JobRow[]): Promise<Map<string, JobStatus>> {
  const [from, to] = [rows[0]?.jobId, rows.at(-1)?.jobId];
  if (from === undefined || to === undefined) return new Map();
  const found = await records.list<JobStatus>('jobs', 'status', { from, to });
  return new Map(found.map(({ key, value }) => [key, value]));
}

function isWanted(view: JobView, { state, name, scaleSet, virtualMachine }: JobFilter): boolean {
  const target = 'scaleSet' in view.target ? view.target.scaleSet : view.target.virtualMachine;
  const isOf = (wanted: string | undefined, kind: 'scaleSet' | 'virtualMachine'): boolean =>
    wanted === undefined || (kind in view.target && target.toLowerCase() === wanted.toLowerCase());
  if (state && !state.includes(view.state)) return false;
  if (name !== undefined && !(view.name ?? '').startsWith(name)) return false;
  return isOf(scaleSet, 'scaleSet') && isOf(virtualMachine, 'virtualMachine');
}
