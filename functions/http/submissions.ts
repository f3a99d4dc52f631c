import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { SubmissionId, SubmissionState, type SubmissionView } from '../../shared/contracts';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { getSubmission, submissionPartition, type SubmissionRow } from '../records/submissions';
import { listPage } from './paging';
import { parseShape, pathParameter, type Route } from './route';

/** What became of jobs that were submitted by queue. */
export function submissionRoutes(app: App): Route[] {
  return [
    {
      name: 'listSubmissions',
      method: 'GET',
      path: 'submissions',
      handle: ({ request }) => listSubmissions(app, request),
    },
    {
      name: 'getSubmission',
      method: 'GET',
      path: 'submissions/{id}',
      handle: async ({ request }) => {
        const id = pathParameter(request, 'id', SubmissionId);
        const row = await getSubmission(app.records, id);
        if (row) return { jsonBody: viewOf(row) };
        const message = `There is no submission '${id}': it was not taken yet, or was settled long ago.`;
        throw new ApiError(404, 'SubmissionNotFound', message);
      },
    },
  ];
}

/** Newest first. A page may hold fewer than `top`, and yet have a next one. */
async function listSubmissions(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const state = parseShape(request.query.get('state') ?? undefined, SubmissionState.optional(), 'state');
  const jsonBody = await listPage(app, request, {
    table: 'submissions',
    partition: submissionPartition(state),
    views: async (rows: SubmissionRow[]) =>
      rows.filter((row) => state === undefined || row.state === state).map(viewOf),
  });
  return { jsonBody };
}

function viewOf({ isReplied: _isReplied, textHash: _textHash, ...view }: SubmissionRow): SubmissionView {
  return view;
}
