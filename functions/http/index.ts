import type { App } from '../app';
import { bundleRoutes } from './bundles';
import { contentRoutes } from './contents';
import { environmentRoutes } from './environments';
import { importRoutes } from './import';
import { jobAccessRoutes } from './job-access';
import { jobRoutes } from './jobs';
import { manifestRoutes } from './manifest';
import { operationRoutes } from './operations';
import { outputFileRoutes } from './output-files';
import { quotaRoutes } from './quota';
import { registerRoutes, type Route } from './route';
import { scaleSetRoutes } from './scale-sets';
import { submissionRoutes } from './submissions';
import { taskRoutes } from './tasks';
import { templateRoutes } from './templates';
import { virtualMachineRoutes } from './virtual-machines';
import { workerRoutes } from './workers';

/** Registers every HTTP route of the app: for people by a function key, for VMs, and for jobs by their tokens. */
export function registerHttp(app: App): void {
  const routes = httpRoutes(app);
  registerRoutes(app, [...routes, ...jobAccessRoutes(app, routes)]);
}

/** Every route, as people and VMs have it. */
export function httpRoutes(app: App): Route[] {
  return [
    ...manifestRoutes(app),
    ...templateRoutes(app),
    ...importRoutes(app),
    ...environmentRoutes(app),
    ...contentRoutes(app),
    ...bundleRoutes(app),
    ...scaleSetRoutes(app),
    ...virtualMachineRoutes(app),
    ...jobRoutes(app),
    ...taskRoutes(app),
    ...outputFileRoutes(app),
    ...submissionRoutes(app),
    ...workerRoutes(app),
    ...operationRoutes(app),
    ...quotaRoutes(app),
  ];
}
