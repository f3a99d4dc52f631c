import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { ContentRequest, Sha256, type ContentAnswer, type ContentView } from '../../shared/contracts';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { usedContents } from '../contents/drop-unused';
import { useContent } from '../contents/use-content';
import { parseBody, pathParameter, type Route } from './route';

const one = 'contents/{sha256}';

/** Bytes by their hash: they go to storage and come from there, and pass no function. */
export function contentRoutes(app: App): Route[] {
  return [
    {
      name: 'postContent',
      method: 'POST',
      path: 'contents',
      handle: ({ request }) => postContent(app, request),
    },
    {
      name: 'getContent',
      method: 'GET',
      path: one,
      handle: async ({ request }) => ({ jsonBody: await findContent(app, request) }),
    },
    { name: 'headContent', method: 'HEAD', path: one, handle: ({ request }) => headContent(app, request) },
    {
      name: 'deleteContent',
      method: 'DELETE',
      path: one,
      handle: ({ request }) => deleteContent(app, request),
    },
  ];
}

/** Answers where to send it, or that it is there. Nobody compares it with its hash before it is used: whoever reads it does. */
async function postContent(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const { sha256, bytes } = await parseBody(request, ContentRequest);
  const found = await useContent(app, sha256);
  if (found && found.bytes !== bytes) {
    const message = `The content ${sha256} has ${found.bytes} bytes here, not ${bytes}: one of both is wrong. If it is what is here, delete it (DELETE /api/contents/${sha256}) and send it again.`;
    throw new ApiError(409, 'ContentMismatch', message, { target: 'bytes' });
  }
  if (found) {
    const jsonBody: ContentAnswer = { sha256, bytes, state: 'present', upload: null };
    return { jsonBody };
  }
  const { url, expiresAt } = await app.content.uploadUrl(sha256, app.config.MUSTER_LINK_LIFETIME_MS);
  const headers = { 'x-ms-blob-type': 'BlockBlob' };
  const upload = { url, method: 'PUT' as const, headers, expiresAt };
  const jsonBody: ContentAnswer = { sha256, bytes, state: 'wanted', upload };
  return { status: 202, headers: { 'Cache-Control': 'no-store' }, jsonBody };
}

async function findContent(app: App, request: HttpRequest): Promise<ContentView> {
  const sha256 = pathParameter(request, 'sha256', Sha256);
  const found = await app.content.find(sha256);
  if (found) return { sha256, ...found };
  const message = `There is no content of the hash ${sha256}: POST /api/contents with it says where to send it.`;
  throw new ApiError(404, 'ContentNotFound', message);
}

async function headContent(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const { bytes, lastModified } = await findContent(app, request);
  const headers = { 'x-muster-total-bytes': String(bytes), 'Last-Modified': httpDate(lastModified) };
  return { headers };
}

function httpDate(time: string): string {
  return new Date(time).toUTCString();
}

/** Jobs have copies of their own. */
async function deleteContent(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const sha256 = pathParameter(request, 'sha256', Sha256);
  if ((await usedContents(app)).has(sha256)) {
    const message = `The content ${sha256} is part of an environment or a bundle: delete that first.`;
    throw new ApiError(409, 'ContentInUse', message);
  }
  await app.content.remove(sha256);
  return { status: 204 };
}
