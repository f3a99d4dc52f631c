import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { BootLogView, ResourceName, type OwnerKind } from '../../shared/contracts';
import { ApiError } from '../../shared/errors';
import type { BootLogSource } from '../../shared/ports';
import type { App } from '../app';
import { findOwner } from './owners';
import { parseShape, pathParameter, type Call, type Route } from './route';

const VmName = z.string().regex(/^[A-Za-z0-9._-]{1,200}$/, 'must be the name of a VM');

interface BootLogCall extends Call {
  kind: OwnerKind;
}

/** What the VMs of an owner told while they booted, and what a failed one had on its console. */
export function bootLogRoutes(
  app: App,
  { kind, collection, noun }: { kind: OwnerKind; collection: string; noun: string },
): Route[] {
  const all = `${collection}/{name}/boot-logs`;
  return [
    {
      name: `list${noun}BootLogs`,
      method: 'GET',
      path: all,
      handle: (call) => listBootLogs(app, { ...call, kind }),
    },
    {
      name: `get${noun}BootLog`,
      method: 'GET',
      path: `${all}/{vm}`,
      handle: (call) => getBootLog(app, { ...call, kind }),
    },
  ];
}

async function listBootLogs(app: App, { request, kind }: BootLogCall): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const { value: row } = await findOwner(app, kind, { name });
  const logs = await app.bootLogs.list(row.owner);
  const value = logs.map(({ vmName, ...rest }) => ({ vm: vmName, ...rest }));
  return { jsonBody: { value } };
}

/** What the VM reported, then what the making of its environment said; where neither is there, its console. `source` asks for one. */
async function getBootLog(app: App, { request, kind }: BootLogCall): Promise<HttpResponseInit> {
  const name = pathParameter(request, 'name', ResourceName);
  const vmName = pathParameter(request, 'vm', VmName);
  const asked = request.query.get('source');
  const { value: row } = await findOwner(app, kind, { name });
  const read = (source: BootLogSource) => app.bootLogs.read(row.owner, vmName, source);
  const body =
    asked === null
      ? ((await joined(['reported', 'environment'], read)) ?? (await read('console')))
      : await read(parseShape(asked, BootLogView.shape.source, 'source'));
  if (body !== undefined) return { headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
  const message = `Of the boot of '${vmName}' nothing is kept: a boot that takes no longer than some seconds, and succeeds, leaves no log.`;
  throw new ApiError(404, 'BootLogNotFound', message);
}

async function joined(
  sources: BootLogSource[],
  read: (source: BootLogSource) => Promise<string | undefined>,
): Promise<string | undefined> {
  const parts = await Promise.all(sources.map(read));
  return parts.every((part) => part === undefined) ? undefined : parts.join('');
}
