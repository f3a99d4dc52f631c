import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { endEventId, type OutputStream } from '../../shared/contracts';
import { followedAtOnce, parseJobPlace, parseTaskPlace, type JobRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { attemptViews, knownAttempts } from '../jobs/attempts';
import { followOutput } from '../jobs/follow/follow';
import type { FollowPlace } from '../jobs/follow/reader';
import { currentRun, namedRun, RunReader } from '../jobs/task-output';
import { answerEvents } from './event-stream-answer';
import { findJob } from './jobs';
import { answerBothStreams, answerOutput } from './output-answer';
import { parseShape, queryNumber, type Call, type Route } from './route';

const bothStreams: OutputStream[] = ['stdout', 'stderr'];

/** Output of a job's tasks: as bytes, or, followed, as server-sent events. */
export function outputRoutes(app: App): Route[] {
  const one = 'jobs/{id}/tasks/{task}';
  return [
    ...bothStreams.map((stream): Route => ({
      name: stream === 'stdout' ? 'readStdout' : 'readStderr',
      method: 'GET',
      path: `${one}/${stream}`,
      handle: (call) => readTask(app, call, [stream]),
    })),
    {
      name: 'readOutput',
      method: 'GET',
      path: `${one}/output`,
      handle: (call) => readTask(app, call, bothStreams),
    },
    { name: 'readJobOutput', method: 'GET', path: 'jobs/{id}/output', handle: (call) => readJob(app, call) },
    {
      name: 'listAttempts',
      method: 'GET',
      path: `${one}/attempts`,
      handle: async ({ request }) => ({ jsonBody: await listAttempts(app, request) }),
    },
  ];
}

const TaskNumber = z.coerce.number().int().min(0);
const AttemptId = z.string().regex(/^[0-9a-z-]{1,100}$/, 'is not an attempt id');
const Follow = z.enum(['true', 'false']);

/** Throws 404 where there is no such job, or it has no such task. */
export async function findTask(app: App, request: HttpRequest): Promise<{ row: JobRow; task: number }> {
  const { row } = await findJob(app, request);
  const task = parseShape(request.params.task, TaskNumber, 'task');
  if (task < row.taskCount) return { row, task };
  const message = `Job '${row.jobId}' has tasks 0 to ${row.taskCount - 1}.`;
  throw new ApiError(404, 'TaskNotFound', message, { target: 'task' });
}

async function listAttempts(app: App, request: HttpRequest) {
  const { row, task } = await findTask(app, request);
  return { value: attemptViews(await knownAttempts(app, row, task)) };
}

/** One stream, or both. */
async function readTask(
  app: App,
  { request, context }: Call,
  streams: OutputStream[],
): Promise<HttpResponseInit> {
  const { row: job, task } = await findTask(app, request);
  const asked = request.query.get('attempt');
  const attemptId = asked === null ? undefined : parseShape(asked, AttemptId, 'attempt');
  const attempt = attemptId === undefined ? undefined : await namedRun(app, job, { task, attemptId });
  if (!isFollow(request)) {
    const run = attempt ?? (await currentRun(app, job, task));
    return readOnce(
      request,
      streams,
      run && ((stream) => new RunReader(app, job).streamOf({ task, run, stream })),
    );
  }
  const start = startOf(request, streams);
  const place = taskPlaceOf(request, task);
  if (place === 'end') return { status: 204 };
  const wanted = { streams, start, attempt };
  return answerEvents(context, (gone) =>
    followOutput(app, { job, task, wanted, place, isFollowing: true }, gone),
  );
}

type SourceOf = (stream: OutputStream) => ReturnType<RunReader['streamOf']>;

function readOnce(
  request: HttpRequest,
  streams: OutputStream[],
  sourceOf: SourceOf | undefined,
): Promise<HttpResponseInit> {
  if (streams.length === 1) return answerOutput(request, sourceOf?.(streams[0]!));
  refuseOffset(request);
  return answerBothStreams(sourceOf && { stdout: sourceOf('stdout'), stderr: sourceOf('stderr') });
}

/** All tasks, as events in any case: `follow=true` goes on until the job has ended, else what is there by now. */
async function readJob(app: App, { request, context }: Call): Promise<HttpResponseInit> {
  const { row: job } = await findJob(app, request);
  refuseOffset(request);
  const place = jobPlaceOf(request, job);
  if (place === 'end') return { status: 204 };
  const wanted = { streams: bothStreams, start: { stdout: 0, stderr: 0 }, attempt: undefined };
  const isFollowing = followAsked(request) === 'true';
  return answerEvents(context, (gone) =>
    followOutput(app, { job, task: undefined, wanted, place, isFollowing }, gone),
  );
}

function followAsked(request: HttpRequest): 'true' | 'false' | undefined {
  const asked = request.query.get('follow');
  return asked === null ? undefined : parseShape(asked, Follow, 'follow');
}

function isFollow(request: HttpRequest): boolean {
  const asked = followAsked(request);
  if (asked !== undefined) return asked === 'true';
  return /\btext\/event-stream\b/i.test(request.headers.get('accept') ?? '');
}

function refuseOffset(request: HttpRequest): void {
  const found = ['offset', 'length'].find((name) => request.query.has(name));
  const target = found ?? (request.headers.has('range') ? 'Range' : undefined);
  if (target === undefined) return;
  const message = `A part of both streams at once cannot be told by ${target}: read stdout and stderr one by one, or follow, which goes on from Last-Event-ID.`;
  throw new ApiError(400, 'InvalidRequest', message, { target });
}

function startOf(request: HttpRequest, streams: OutputStream[]): Record<OutputStream, number> {
  if (streams.length > 1) refuseOffset(request);
  const offset = queryNumber(request, 'offset', { fallback: 0 })!;
  return { stdout: streams.includes('stdout') ? offset : 0, stderr: streams.includes('stderr') ? offset : 0 };
}

const noPlace = { ended: new Set<number>(), tasks: new Map() };

function taskPlaceOf(request: HttpRequest, task: number): FollowPlace | 'end' {
  const text = lastEventId(request);
  if (text === undefined) return { ...noPlace, hundred: undefined };
  if (text === endEventId) return 'end';
  const parsed = parseTaskPlace(text);
  if (!parsed || parsed.task !== task) throw invalidPlace();
  const { task: _, ...place } = parsed;
  return { ended: new Set(), tasks: new Map([[task, place]]), hundred: undefined };
}

function jobPlaceOf(request: HttpRequest, { taskCount }: JobRow): FollowPlace | 'end' {
  const text = lastEventId(request);
  if (text === undefined) return { ...noPlace, hundred: 0 };
  if (text === endEventId) return 'end';
  const place = parseJobPlace(text);
  if (!place || place.hundred * followedAtOnce >= taskCount) throw invalidPlace();
  return place;
}

function lastEventId(request: HttpRequest): string | undefined {
  return request.headers.get('last-event-id') || undefined;
}

function invalidPlace(): ApiError {
  const message = 'Last-Event-ID is not an id that this stream gave: send one back as it came, or none.';
  return new ApiError(400, 'InvalidRequest', message, { target: 'Last-Event-ID' });
}
