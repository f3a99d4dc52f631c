import type { App } from '../app';
import { importRoutes } from './import';
import { jobRoutes } from './jobs';
import { manifestRoutes } from './manifest';
import { operationRoutes } from './operations';
import { quotaRoutes } from './quota';
import { registerRoutes } from './route';
import { growScaleSet } from './scale-set-growth';
import { waitForScaleSet } from './scale-set-wait';
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
    ...scaleSetRoutes(app),
    {
      name: 'growScaleSet',
      method: 'POST',
      path: 'scale-sets/{name}/grow',
      handle: (call) => growScaleSet(app, call),
    },
    {
      name: 'waitForScaleSet',
      method: 'GET',
      path: 'scale-sets/{name}/wait',
      handle: (call) => waitForScaleSet(app, call),
    },
    ...virtualMachineRoutes(app),
    ...jobRoutes(app),
    ...taskRoutes(app),
    ...workerRoutes(app),
    ...operationRoutes(app),
    ...quotaRoutes(app),
  ]);
}
