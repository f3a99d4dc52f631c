import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { ResourceName, type OutputStream } from '../../shared/contracts';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { answerOutput } from './output-answer';
import { findOwner } from './owners';
import { parseShape, pathParameter, type Route } from './route';

const part = z.string().regex(/^[A-Za-z0-9._-]{1,250}$/, 'must be letters, digits, ".", "_" or "-"');

/** Output of the command of a worker, also of one that is gone: of its last run, or of the one that `run` names. */
export function commandOutputRoutes(app: App): Route[] {
  const one = 'scale-sets/{name}/workers/{id}';
  return [
    {
      name: 'listCommandRuns',
      method: 'GET',
      path: `${one}/runs`,
      handle: ({ request }) => listRuns(app, request),
    },
    ...(['stdout', 'stderr'] as const).map((stream): Route => ({
      name: stream === 'stdout' ? 'readCommandStdout' : 'readCommandStderr',
      method: 'GET',
      path: `${one}/${stream}`,
      handle: ({ request }) => readCommandOutput(app, request, stream),
    })),
  ];
}

async function workerOf(app: App, request: HttpRequest) {
  const name = pathParameter(request, 'name', ResourceName);
  const worker = pathParameter(request, 'id', part);
  const { value: row } = await findOwner(app, 'scale-set', { name });
  const output = app.commandOutput(row.owner);
  return { name, worker, output, runs: await output.listRuns(worker) };
}

async function listRuns(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const { runs } = await workerOf(app, request);
  return { jsonBody: { value: runs.map((runId) => ({ runId })) } };
}

async function readCommandOutput(
  app: App,
  request: HttpRequest,
  stream: OutputStream,
): Promise<HttpResponseInit> {
  const { name, worker, output, runs } = await workerOf(app, request);
  const asked = request.query.get('run');
  const runId = asked === null ? runs.at(-1) : parseShape(asked, part, 'run');
  if (runId === undefined || !runs.includes(runId)) {
    const message = `No run of a command is kept of the worker '${worker}' of '${name}'${asked === null ? '' : ` as '${asked}'`}.`;
    throw new ApiError(404, 'CommandRunNotFound', message);
  }
  const read = (range: { start: number; end?: number }) =>
    output.readStream({ worker, runId }, stream, range);
  return answerOutput(request, { source: runId, read });
}
