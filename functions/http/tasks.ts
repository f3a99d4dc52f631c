import type { App } from '../app';
import { outputRoutes } from './output';
import type { Route } from './route';
import { listTaskViews } from './task-list';

export function taskRoutes(app: App): Route[] {
  return [
    {
      name: 'listTasks',
      method: 'GET',
      path: 'jobs/{id}/tasks',
      handle: async ({ request }) => ({ jsonBody: await listTaskViews(app, request) }),
    },
    ...outputRoutes(app),
  ];
}
