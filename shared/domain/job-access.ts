/**
 * What a job may do by its token: the whole list. A route that is not in it is closed to jobs, so a new one is closed until somebody
 * opens it here.
 *
 * - `open`: tells nothing of anybody's things.
 * - `own`: tells of, or acts on, the caller's own things alone; the handler sees to it.
 * - `scale-set`, `virtual-machine`: the one named must be the caller's own, or not be there yet.
 * - `job`: the one named must have been submitted by the caller.
 */
export type JobNeed = 'open' | 'own' | 'scale-set' | 'virtual-machine' | 'job';

const needs: Readonly<Record<string, JobNeed>> = {
  'GET manifest': 'open',
  'GET templates/{kind}': 'open',
  'GET templates/{kind}/{name}': 'open',
  'GET quota': 'open',
  // Who knows a hash knows the content; there is no list of them.
  'POST contents': 'open',
  'GET contents/{sha256}': 'open',
  'HEAD contents/{sha256}': 'open',

  'GET scale-sets': 'own',
  'PUT scale-sets/{name}': 'scale-set',
  'GET scale-sets/{name}': 'scale-set',
  'DELETE scale-sets/{name}': 'scale-set',
  'POST scale-sets/{name}/grow': 'scale-set',
  'POST scale-sets/{name}/hand-over': 'scale-set',
  'GET scale-sets/{name}/wait': 'scale-set',
  'GET scale-sets/{name}/events': 'scale-set',
  'GET scale-sets/{name}/boot-logs': 'scale-set',
  'GET scale-sets/{name}/boot-logs/{vm}': 'scale-set',
  'GET scale-sets/{name}/workers': 'scale-set',
  'DELETE scale-sets/{name}/workers/{id}': 'scale-set',
  'GET scale-sets/{name}/workers/{id}/runs': 'scale-set',
  'GET scale-sets/{name}/workers/{id}/stdout': 'scale-set',
  'GET scale-sets/{name}/workers/{id}/stderr': 'scale-set',

  'GET virtual-machines': 'own',
  'POST virtual-machines': 'own',
  'PUT virtual-machines/{name}': 'virtual-machine',
  'GET virtual-machines/{name}': 'virtual-machine',
  'DELETE virtual-machines/{name}': 'virtual-machine',
  'POST virtual-machines/{name}/hand-over': 'virtual-machine',
  'GET virtual-machines/{name}/wait': 'virtual-machine',
  'GET virtual-machines/{name}/events': 'virtual-machine',
  'GET virtual-machines/{name}/boot-logs': 'virtual-machine',
  'GET virtual-machines/{name}/boot-logs/{vm}': 'virtual-machine',

  'GET jobs': 'own',
  'POST jobs': 'own',
  'GET jobs/{id}': 'job',
  'GET jobs/{id}/wait': 'job',
  'POST jobs/{id}/cancel': 'job',
  'GET jobs/{id}/tasks': 'job',
  'GET jobs/{id}/tasks/{task}/stdout': 'job',
  'GET jobs/{id}/tasks/{task}/stderr': 'job',
  'GET jobs/{id}/tasks/{task}/output': 'job',
  'GET jobs/{id}/tasks/{task}/attempts': 'job',
  'GET jobs/{id}/output': 'job',
  'GET jobs/{id}/tasks/{task}/outputs': 'job',
  'GET jobs/{id}/tasks/{task}/outputs/{*path}': 'job',
};

/** Undefined: the route is closed to jobs. `path` as registered, below `/api/`. */
export function jobNeed(method: string, path: string): JobNeed | undefined {
  const route = `${method} ${path}`;
  return Object.hasOwn(needs, route) ? needs[route] : undefined;
}

/** For the refusal of all else. */
export const jobScope =
  "A job's token opens what that job itself created: its scale sets and virtual machines (create, read, resize, wait, hand over, " +
  'remove), and jobs on them (submit, read, wait, cancel); and it reads the manifest, templates and quota.';

interface Owned {
  createdByJob?: string;
  isHandedOver?: true;
}

/** The job whose end takes the resource along; undefined where none does. */
export function ownedByJob({ createdByJob, isHandedOver }: Owned): string | undefined {
  return isHandedOver ? undefined : createdByJob;
}
