import type { App } from '../app';
import { bundleRoutes } from './bundles';
import { contentRoutes } from './contents';
import { environmentRoutes } from './environments';
import { importRoutes } from './import';
import { jobRoutes } from './jobs';
import { manifestRoutes } from './manifest';
import { operationRoutes } from './operations';
import { outputFileRoutes } from './output-files';
import { quotaRoutes } from './quota';
import { registerRoutes } from './route';
import { scaleSetRoutes } from './scale-sets';
import { taskRoutes } from './tasks';
import { templateRoutes } from './templates';
import { virtualMachineRoutes } from './virtual-machines';
import { workerRoutes } from './workers';

/** Registers every HTTP route of the app. */
export function registerHttp(app: App): void {
  registerRoutes(app, [
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
    ...workerRoutes(app),
    ...operationRoutes(app),
    ...quotaRoutes(app),
  ]);
}
