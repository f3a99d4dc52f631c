import type {
  AttemptView,
  BootLogView,
  EnvironmentView,
  JobRequest,
  JobView,
  Manifest,
  OutputStream,
  ScaleSetRequest,
  ScaleSetView,
  ScaleSetWaitFor,
  TaskView,
  TemplateKind,
  TimelineEvent,
  VirtualMachineRequest,
  VirtualMachineView,
  WorkerView,
} from '../shared/contracts';
import type { z } from 'zod';
import { MusterError } from './errors';
import { followEvents, followPath, type FollowEvent, type FollowOptions } from './follow';

type List<Item> = { value: Item[]; nextLink?: string };

export interface ClientOptions {
  /** Origin of the control plane, e.g. `https://func-muster.azurewebsites.net`. */
  url: string;
  /** A function key. */
  key: string;
}

interface Content {
  body?: unknown;
  /** In place of `body`: packed by gzip, sent as they are. */
  bytes?: Uint8Array;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** One stream of one task. */
export interface OutputAddress {
  task: number;
  stream: OutputStream;
  /** Byte to begin with; 0 where absent. */
  offset?: number;
  attempt?: string;
}

/** What to wait for, and for how long (900 s where absent). */
export interface ScaleSetWait {
  for?: ScaleSetWaitFor;
  atLeast?: number;
  timeoutSeconds?: number;
}

/** The HTTP API as methods. Every method rejects with MusterError where the control plane refuses, TypeError where it cannot be reached. */
export class MusterClient {
  constructor(private readonly options: ClientOptions) {}

  putManifest(manifest: z.input<typeof Manifest>): Promise<Manifest> {
    return this.json('PUT', '/api/manifest', { body: manifest });
  }
  putTemplate(kind: TemplateKind, name: string, template: object): Promise<unknown> {
    return this.json('PUT', `/api/templates/${kind}/${name}`, { body: template });
  }

  /** `archive`: the folder's content as tar and gzip. */
  async putEnvironment(name: string, archive: Uint8Array): Promise<EnvironmentView> {
    const response = await this.send('PUT', `/api/environments/${name}`, { bytes: archive });
    return (await response.json()) as EnvironmentView;
  }
  /** Undefined where there is none. */
  getEnvironment(name: string): Promise<EnvironmentView | undefined> {
    return this.find(`/api/environments/${name}`);
  }
  async deleteEnvironment(name: string): Promise<void> {
    await this.json('DELETE', `/api/environments/${name}`);
  }

  putScaleSet(name: string, request: z.input<typeof ScaleSetRequest>): Promise<ScaleSetView> {
    return this.json('PUT', `/api/scale-sets/${name}`, { body: request });
  }
  /** Undefined where there is none (any more). */
  getScaleSet(name: string): Promise<ScaleSetView | undefined> {
    return this.find(`/api/scale-sets/${name}`);
  }
  /** So many VMs more. With a key, a repeated call counts once. */
  growScaleSet(name: string, add: number, options: { idempotencyKey?: string } = {}): Promise<ScaleSetView> {
    const headers = keyHeader(options.idempotencyKey);
    return this.json('POST', `/api/scale-sets/${name}/grow`, { body: { add }, headers });
  }
  /** True once at least so many VMs have enrolled (default: all desired), or the set is gone; false where time is up before. */
  async waitForScaleSet(name: string, wait: ScaleSetWait = {}): Promise<boolean> {
    const deadline = Date.now() + (wait.timeoutSeconds ?? 900) * 1000;
    for (;;) {
      const seconds = Math.min(Math.max(Math.ceil((deadline - Date.now()) / 1000), 0), 100);
      const query = new URLSearchParams({ for: wait.for ?? 'enrolled', timeoutSeconds: String(seconds) });
      if (wait.atLeast !== undefined) query.set('atLeast', String(wait.atLeast));
      const response = await this.send('GET', `/api/scale-sets/${name}/wait?${query.toString()}`);
      await response.arrayBuffer();
      if (response.status !== 202) return true;
      if (Date.now() >= deadline) return false;
    }
  }
  listWorkers(scaleSet: string): Promise<WorkerView[]> {
    return this.listAll(`/api/scale-sets/${scaleSet}/workers`);
  }
  /** The worker ends with its task; with its last worker a VM goes. `force`: its VM's tasks are not waited for. */
  removeWorker(scaleSet: string, worker: string, options: { force?: boolean } = {}): Promise<ScaleSetView> {
    const query = options.force ? '?force=true' : '';
    return this.json('DELETE', `/api/scale-sets/${scaleSet}/workers/${worker}${query}`);
  }
  /** Of the last run of a worker's command, or of the run named; also of a worker that is gone. */
  async readWorkerOutput(
    scaleSet: string,
    worker: string,
    { stream, offset = 0, run }: { stream: OutputStream; offset?: number; run?: string },
  ): Promise<Uint8Array> {
    const query = `?offset=${offset}${run ? `&run=${run}` : ''}`;
    const path = `/api/scale-sets/${scaleSet}/workers/${worker}/${stream}${query}`;
    return new Uint8Array(await (await this.send('GET', path)).arrayBuffer());
  }
  async listWorkerRuns(scaleSet: string, worker: string): Promise<string[]> {
    const runs = await this.listAll<{ runId: string }>(`/api/scale-sets/${scaleSet}/workers/${worker}/runs`);
    return runs.map((run) => run.runId);
  }
  listScaleSetEvents(scaleSet: string): Promise<TimelineEvent[]> {
    return this.listAll(`/api/scale-sets/${scaleSet}/events`);
  }
  /** What is kept of the boots of its VMs. */
  listBootLogs(scaleSet: string): Promise<BootLogView[]> {
    return this.listAll(`/api/scale-sets/${scaleSet}/boot-logs`);
  }
  async readBootLog(scaleSet: string, vm: string, source?: BootLogView['source']): Promise<string> {
    const query = source ? `?source=${source}` : '';
    return (await this.send('GET', `/api/scale-sets/${scaleSet}/boot-logs/${vm}${query}`)).text();
  }
  /** Has Azure evict the Spot VM of a worker: a rehearsal of the loss. */
  simulateEviction(scaleSet: string, worker: string): Promise<unknown> {
    return this.json('POST', `/api/scale-sets/${scaleSet}/workers/${worker}/simulate-eviction`);
  }
  deleteScaleSet(name: string): Promise<unknown> {
    return this.json('DELETE', `/api/scale-sets/${name}`);
  }

  putVirtualMachine(
    name: string,
    request: z.input<typeof VirtualMachineRequest>,
  ): Promise<VirtualMachineView> {
    return this.json('PUT', `/api/virtual-machines/${name}`, { body: request });
  }
  getVirtualMachine(name: string): Promise<VirtualMachineView | undefined> {
    return this.find(`/api/virtual-machines/${name}`);
  }
  deleteVirtualMachine(name: string): Promise<unknown> {
    return this.json('DELETE', `/api/virtual-machines/${name}`);
  }

  /** `idempotencyKey`: a repeated call with the same key answers the same job. */
  submitJob(
    request: z.input<typeof JobRequest>,
    options: { idempotencyKey?: string } = {},
  ): Promise<JobView> {
    const headers = keyHeader(options.idempotencyKey);
    return this.json('POST', '/api/jobs', { body: request, headers });
  }
  getJob(id: string): Promise<JobView | undefined> {
    return this.find(`/api/jobs/${id}`);
  }
  /** Returns once the job has ended, or as it stands after `timeoutSeconds` (at most 200). */
  waitForJob(id: string, timeoutSeconds: number): Promise<JobView> {
    return this.json('GET', `/api/jobs/${id}/wait?timeoutSeconds=${timeoutSeconds}`);
  }
  listTasks(id: string): Promise<TaskView[]> {
    return this.listAll(`/api/jobs/${id}/tasks`);
  }
  /** A stream's bytes so far, from `offset`: of the attempt that counts, or of the one named. */
  async readOutput(id: string, { task, stream, offset = 0, attempt }: OutputAddress): Promise<Uint8Array> {
    const query = `?offset=${offset}${attempt === undefined ? '' : `&attempt=${attempt}`}`;
    const response = await this.send('GET', `/api/jobs/${id}/tasks/${task}/${stream}${query}`);
    return new Uint8Array(await response.arrayBuffer());
  }
  /** Output as it comes, until the task or the job has ended; connects again by itself. */
  followOutput(id: string, options: FollowOptions = {}): AsyncGenerator<FollowEvent> {
    const { signal } = options;
    const path = followPath(id, options);
    const accept = { accept: 'text/event-stream' };
    return followEvents(
      (headers) => this.send('GET', path, { headers: { ...accept, ...headers }, signal }),
      options,
    );
  }
  /** Every attempt of a task that is known, oldest first. */
  listAttempts(id: string, task: number): Promise<AttemptView[]> {
    return this.listAll(`/api/jobs/${id}/tasks/${task}/attempts`);
  }
  /** Of a job that has ended: its output and all that is known of it. */
  async deleteJob(id: string): Promise<void> {
    const response = await this.send('DELETE', `/api/jobs/${id}`);
    await response.arrayBuffer();
  }

  /** Every page of a list. */
  private async listAll<Item>(path: string): Promise<Item[]> {
    const found: Item[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const page: List<Item> = await this.json<List<Item>>('GET', next);
      found.push(...page.value);
      // The control plane may know itself under another name than its users do.
      const link: URL | undefined = page.nextLink ? new URL(page.nextLink, this.options.url) : undefined;
      next = link && `${link.pathname}${link.search}`;
    }
    return found;
  }

  private async find<View>(path: string): Promise<View | undefined> {
    try {
      return await this.json<View>('GET', path);
    } catch (error) {
      if (error instanceof MusterError && error.status === 404) return undefined;
      throw error;
    }
  }

  private async json<View>(method: string, path: string, content: Content = {}): Promise<View> {
    const response = await this.send(method, path, content);
    return (response.status === 204 ? undefined : await response.json()) as View;
  }

  private async send(method: string, path: string, content: Content = {}): Promise<Response> {
    const response = await fetch(new URL(path, this.options.url), {
      method,
      headers: { 'x-functions-key': this.options.key, ...contentType(content), ...content.headers },
      body: content.bytes ?? (content.body === undefined ? undefined : JSON.stringify(content.body)),
      signal: content.signal,
    });
    if (response.ok) return response;
    throw await errorOf(response);
  }
}

function contentType({ body, bytes }: Content): Record<string, string> {
  if (bytes) return { 'content-type': 'application/gzip' };
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

function keyHeader(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { 'idempotency-key': key };
}

async function errorOf(response: Response): Promise<MusterError> {
  const text = await response.text();
  try {
    return new MusterError(response.status, JSON.parse(text) as ConstructorParameters<typeof MusterError>[1]);
  } catch {
    const message =
      response.status === 401
        ? 'The key is missing or wrong.'
        : `HTTP ${response.status}: ${text.slice(0, 500)}`;
    return new MusterError(response.status, { error: { code: `Http${response.status}`, message } });
  }
}
