import { createHash } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { maxEnvironmentBytes, nameKey, ResourceName, type EnvironmentView } from '../../shared/contracts';
import type { KeptEnvironment } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { dropUnused } from '../contents/drop-unused';
import { inspectArchive } from './environment-archive';
import { listPage } from './paging';
import { pathParameter, type Route } from './route';

const partition = 'environment';
const one = 'environments/{name}';

/** Folders that VMs make software environments of. */
export function environmentRoutes(app: App): Route[] {
  return [
    {
      name: 'putEnvironment',
      method: 'PUT',
      path: one,
      handle: ({ request }) => putEnvironment(app, request),
    },
    {
      name: 'getEnvironment',
      method: 'GET',
      path: one,
      handle: async ({ request }) => ({
        jsonBody: await findEnvironment(app, { name: pathParameter(request, 'name', ResourceName) }),
      }),
    },
    {
      name: 'listEnvironments',
      method: 'GET',
      path: 'environments',
      handle: async ({ request }) => ({
        jsonBody: await listPage(app, request, {
          table: 'environments',
          partition,
          views: async (views: EnvironmentView[]) => views,
        }),
      }),
    },
    {
      name: 'deleteEnvironment',
      method: 'DELETE',
      path: one,
      handle: ({ request }) => deleteEnvironment(app, request),
    },
  ];
}

/** 404 where there is none. `target`: the request's field that names it. */
export async function findEnvironment(
  app: App,
  { name, target }: { name: string; target?: string },
): Promise<EnvironmentView> {
  const row = await app.records.get<EnvironmentView>('environments', partition, nameKey(name));
  if (row) return row.value;
  const message = `There is no environment '${name}': PUT /api/environments/${name} with its folder, or list what there is with GET /api/environments.`;
  throw new ApiError(404, 'EnvironmentNotFound', message, { target });
}

/** What a new resource keeps of the environment that its request names. */
export async function keepEnvironment(
  app: App,
  name: string | undefined,
): Promise<KeptEnvironment | undefined> {
  if (name === undefined) return undefined;
  const found = await findEnvironment(app, { name, target: 'environment' });
  return { name: found.name, sha256: found.sha256, parts: found.parts };
}

/** The folder as tar and gzip. The content first, then the name: a crash in between leaves nothing that anybody sees. */
async function putEnvironment(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const body = await readArchive(request);
  const inspected = await inspectArchive(body);
  const sha256 = createHash('sha256').update(body).digest('hex');
  await app.content.put(sha256, body);
  const known = await app.records.get<EnvironmentView>('environments', partition, nameKey(name));
  const updatedAt = new Date(app.clock.now()).toISOString();
  const value: EnvironmentView = { name, sha256, bytes: body.length, ...inspected, updatedAt };
  await app.records.put('environments', { partition, key: nameKey(name), value });
  if (known && known.value.sha256 !== sha256) await dropUnused(app, [known.value.sha256]);
  return { jsonBody: value };
}

async function readArchive(request: HttpRequest): Promise<Uint8Array> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]!.trim();
  if (!['application/gzip', 'application/x-gzip', 'application/octet-stream'].includes(type)) {
    const message = `The Content-Type is '${type}': send the folder as application/gzip (tar -C FOLDER -czf - .).`;
    throw new ApiError(415, 'UnsupportedMediaType', message);
  }
  const tooLarge = new ApiError(
    413,
    'PayloadTooLarge',
    `An archive may have at most ${maxEnvironmentBytes} bytes.`,
  );
  if (Number(request.headers.get('content-length') ?? 0) > maxEnvironmentBytes) throw tooLarge;
  const body = new Uint8Array(await request.arrayBuffer());
  if (body.length > maxEnvironmentBytes) throw tooLarge;
  return body;
}

async function deleteEnvironment(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const known = await app.records.get<EnvironmentView>('environments', partition, nameKey(name));
  if (!known) return { status: 204 };
  await app.records.remove('environments', partition, nameKey(name));
  await dropUnused(app, [known.value.sha256]);
  return { status: 204 };
}
