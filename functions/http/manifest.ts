import { Manifest } from '../../shared/contracts';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { parseBody, type Route } from './route';

export async function readManifest({ records }: Pick<App, 'records'>): Promise<Manifest | undefined> {
  return (await records.get<Manifest>('settings', 'manifest', 'default'))?.value;
}

/** The user's Azure defaults. */
export function manifestRoutes(app: App): Route[] {
  return [
    {
      name: 'getManifest',
      method: 'GET',
      path: 'manifest',
      handle: async () => {
        const manifest = await readManifest(app);
        if (!manifest)
          throw new ApiError(404, 'ManifestNotFound', 'There is no manifest yet: PUT /api/manifest.');
        return { jsonBody: manifest };
      },
    },
    {
      name: 'putManifest',
      method: 'PUT',
      path: 'manifest',
      handle: async ({ request }) => {
        const value = await parseBody(request, Manifest);
        await app.records.put('settings', { partition: 'manifest', key: 'default', value });
        return { jsonBody: value };
      },
    },
    {
      name: 'deleteManifest',
      method: 'DELETE',
      path: 'manifest',
      handle: async () => {
        await app.records.remove('settings', 'manifest', 'default');
        return { status: 204 };
      },
    },
  ];
}
