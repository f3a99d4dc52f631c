import { createHash } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import {
  BundleRequest,
  maxBundleBytes,
  ResourceName,
  type BundleDocument,
  type BundleView,
} from '../../shared/contracts';
import { ApiError, type Problem } from '../../shared/errors';
import type { App } from '../app';
import { dropUnused } from '../contents/drop-unused';
import { useContent } from '../contents/use-content';
import { readPage } from './paging';
import { parseBody, pathParameter, type Route } from './route';

const one = 'bundles/{id}';

/** Named variables and files that are sent along with jobs. What they hold is told to jobs alone. */
export function bundleRoutes(app: App): Route[] {
  return [
    { name: 'putBundle', method: 'PUT', path: one, handle: ({ request }) => putBundle(app, request) },
    {
      name: 'getBundle',
      method: 'GET',
      path: one,
      handle: async ({ request }) => {
        const found = await findBundle(app, { id: pathParameter(request, 'id', ResourceName) });
        return { jsonBody: bundleView(found) };
      },
    },
    {
      name: 'listBundles',
      method: 'GET',
      path: 'bundles',
      handle: async ({ request }) => ({ jsonBody: await listBundles(app, request) }),
    },
    {
      name: 'deleteBundle',
      method: 'DELETE',
      path: one,
      handle: ({ request }) => deleteBundle(app, request),
    },
  ];
}

async function listBundles(
  app: App,
  request: HttpRequest,
): Promise<{ value: BundleView[]; nextLink?: string }> {
  const { items, ...rest } = await readPage(request, 100, async (options) => {
    const { bundles, continuation } = await app.bundles.page(options);
    return { items: bundles, continuation };
  });
  return { value: items.map(bundleView), ...rest };
}

/** 404 where there is none. `target`: the request's field that names it. */
export async function findBundle(
  app: App,
  { id, target }: { id: string; target?: string },
): Promise<BundleDocument> {
  const found = await app.bundles.get(id);
  if (found) return found;
  const message = `There is no bundle '${id}': PUT /api/bundles/${id} with its variables and files, or list what there is with GET /api/bundles.`;
  throw new ApiError(404, 'BundleNotFound', message, { target });
}

function bundleView({ id, variables, files, ...times }: BundleDocument): BundleView {
  const named = Object.entries(variables).map(([name, value]) => ({ name, bytes: jsonBytes(value) }));
  return {
    id,
    bytes: bytesOf({ variables, files }),
    variables: named,
    files: files.map(({ name, bytes }) => ({ name, bytes })),
    ...times,
  };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function bytesOf({ variables, files }: Pick<BundleDocument, 'variables' | 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, jsonBytes(variables));
}

/** Replaces it as a whole; jobs that were submitted with the one before keep that. */
async function putBundle(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const id = pathParameter(request, 'id', ResourceName);
  const { variables, files: asked, keepMs } = await parseBody(request, BundleRequest);
  const files = await sizedFiles(app, asked);
  const bytes = bytesOf({ variables, files });
  if (bytes > maxBundleBytes) {
    const message = `The bundle '${id}' has ${bytes} bytes, at most ${maxBundleBytes} are taken: send what is large as inputs of the job.`;
    throw new ApiError(413, 'BundleTooLarge', message);
  }
  const known = await app.bundles.get(id);
  for (const file of asked) {
    if ('base64' in file) {
      const body = Buffer.from(file.base64, 'base64');
      await app.content.put(sha256Of(body), body);
    }
  }
  const now = app.clock.now();
  const bundle: BundleDocument = {
    ...{ id, variables, files, updatedAt: new Date(now).toISOString() },
    expiresAt: typeof keepMs === 'number' ? new Date(now + keepMs).toISOString() : null,
  };
  await app.bundles.put(bundle);
  await dropUnused(app, contentsOf(known));
  return { jsonBody: bundleView(bundle) };
}

/** Throws 400 with every file whose bytes are not there. */
async function sizedFiles(app: App, asked: BundleRequest['files']): Promise<BundleDocument['files']> {
  const problems: Problem[] = [];
  const files = asked.map(async (file, index) => {
    if ('base64' in file) {
      const body = Buffer.from(file.base64, 'base64');
      return { name: file.name, sha256: sha256Of(body), bytes: body.length };
    }
    const { name, sha256 } = file;
    const found = await useContent(app, sha256);
    const target = `files[${index}].sha256`;
    if (!found) problems.push({ code: 'ContentNotFound', target, message: `There is no content ${sha256}.` });
    return { name, sha256, bytes: found?.bytes ?? 0 };
  });
  const sized = await Promise.all(files);
  if (problems.length === 0) return sized;
  const message = `The bytes of ${problems.length} files are not there: POST /api/contents says where to send them.`;
  throw new ApiError(400, 'ContentNotFound', message, { details: problems });
}

function sha256Of(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function contentsOf(bundle: BundleDocument | undefined): string[] {
  return (bundle?.files ?? []).map(({ sha256 }) => sha256);
}

async function deleteBundle(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const id = pathParameter(request, 'id', ResourceName);
  const known = await app.bundles.get(id);
  await app.bundles.remove(id);
  await dropUnused(app, contentsOf(known));
  return { status: 204 };
}
