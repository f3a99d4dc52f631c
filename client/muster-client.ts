import type {
  AttemptView,
  BootLogView,
  CancelRequest,
  EnvironmentView,
  JobRequest,
  JobState,
  JobView,
  Manifest,
  OutputStream,
  ScaleSetRequest,
  ScaleSetView,
  ScaleSetWaitFor,
  TaskView,
  TemplateKind,
  TimelineEvent,
  UnnamedVirtualMachineRequest,
  VirtualMachineRequest,
  VirtualMachineView,
  VirtualMachineWaitFor,
  WorkerView,
} from '../shared/contracts';
import type { z } from 'zod';
import { FileCalls } from './file-calls';
import { followEvents, followPath, type FollowEvent, type FollowOptions } from './follow';

import type { WaitAnswer } from './transport';

/** One stream of one task. */
export interface OutputAddress {
  task: number;
  stream: OutputStream;
  /** Byte to begin with; 0 where absent. */
  offset?: number;
  /** At most so many bytes; all there are where absent. */
  length?: number;
  attempt?: string;
}

/** Part of a stream: of which attempt, where to read on, and how many bytes the stream has by now. */
export interface OutputPart {
  bytes: Uint8Array;
  attempt: string | null;
  nextOffset: number;
  totalBytes: number;
}

/** What to wait for, and for how long (900 s where absent). */
export interface ScaleSetWait {
  for?: ScaleSetWaitFor;
  atLeast?: number;
  timeoutSeconds?: number;
}

/** What to wait for, and for how long (900 s where absent). */
export interface VirtualMachineWait {
  for?: VirtualMachineWaitFor;
  timeoutSeconds?: number;
}

/** What a list of jobs is narrowed by; a job has to meet all that is given. */
export interface JobListFilter {
  /** One of these. */
  state?: JobState[];
  /** Beginning of the name. */
  name?: string;
  scaleSet?: string;
  virtualMachine?: string;
}

/** The HTTP API as methods. Each rejects with MusterError where the control plane refuses or cannot be reached. */
export class MusterClient extends FileCalls {
  /** The same client, whose calls reject with the signal's reason once that is aborted. */
  withSignal(signal: AbortSignal | undefined): MusterClient {
    return signal ? new MusterClient(this.options, signal) : this;
  }

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
  waitForScaleSet(name: string, wait: ScaleSetWait = {}): Promise<boolean> {
    return this.waitFor(scaleSetWaitPath(name, wait), wait);
  }
  /** One answer of that wait, after `timeoutSeconds` (at most 200) at the latest. */
  askScaleSetWait(
    name: string,
    { timeoutSeconds = 100, ...wait }: ScaleSetWait,
  ): Promise<WaitAnswer<ScaleSetView>> {
    return this.askWait(scaleSetWaitPath(name, wait), timeoutSeconds);
  }
  listScaleSets(): Promise<ScaleSetView[]> {
    return this.listAll('/api/scale-sets');
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
  /** A VM whose name is made of a basename and six letters. With a key, a repeated call is the same VM. */
  createVirtualMachine(
    request: z.input<typeof UnnamedVirtualMachineRequest>,
    options: { idempotencyKey?: string } = {},
  ): Promise<VirtualMachineView> {
    const headers = keyHeader(options.idempotencyKey);
    return this.json('POST', '/api/virtual-machines', { body: request, headers });
  }
  getVirtualMachine(name: string): Promise<VirtualMachineView | undefined> {
    return this.find(`/api/virtual-machines/${name}`);
  }
  /** True once it is ready (or gone); false where time is up before. Rejects with its condition (409) where it cannot become ready. */
  waitForVirtualMachine(name: string, wait: VirtualMachineWait = {}): Promise<boolean> {
    return this.waitFor(virtualMachineWaitPath(name, wait), wait);
  }
  /** One answer of that wait, after `timeoutSeconds` (at most 200) at the latest. */
  askVirtualMachineWait(
    name: string,
    { timeoutSeconds = 100, ...wait }: VirtualMachineWait,
  ): Promise<WaitAnswer<VirtualMachineView>> {
    return this.askWait(virtualMachineWaitPath(name, wait), timeoutSeconds);
  }
  listVirtualMachines(): Promise<VirtualMachineView[]> {
    return this.listAll('/api/virtual-machines');
  }
  listVirtualMachineEvents(name: string): Promise<TimelineEvent[]> {
    return this.listAll(`/api/virtual-machines/${name}/events`);
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
  /** Newest first, every page. */
  listJobs(filter: JobListFilter = {}): Promise<JobView[]> {
    return this.listAll(jobsPath(filter));
  }
  /** Newest first; a page is asked for when its first job is. */
  iterateJobs(filter: JobListFilter = {}): AsyncGenerator<JobView, void, undefined> {
    return this.iterate(jobsPath(filter));
  }
  /** What runs gets SIGTERM, and after the grace SIGKILL. A repeat is no error; a job that has ended is 409. */
  cancelJob(id: string, request: z.input<typeof CancelRequest> = {}): Promise<JobView> {
    return this.json('POST', `/api/jobs/${id}/cancel`, { body: request, isRepeatable: true });
  }
  listTasks(id: string): Promise<TaskView[]> {
    return this.listAll(`/api/jobs/${id}/tasks`);
  }
  iterateTasks(id: string): AsyncGenerator<TaskView, void, undefined> {
    return this.iterate(`/api/jobs/${id}/tasks`);
  }
  /** Part of a stream, and where it stands. Without an output yet: no bytes, of no attempt. */
  async readOutputPart(id: string, part: OutputAddress & { length: number }): Promise<OutputPart> {
    const { task, stream, offset = 0, length } = part;
    const query = `?offset=${offset}&length=${length}`;
    const response = await this.send('GET', `/api/jobs/${id}/tasks/${task}/${stream}${query}`);
    const { headers } = response;
    const attempt = headers.get('x-muster-attempt');
    return {
      bytes: new Uint8Array(await response.arrayBuffer()),
      attempt: attempt === 'none' ? null : attempt,
      nextOffset: Number(headers.get('x-muster-next-offset')),
      totalBytes: Number(headers.get('x-muster-total-bytes')),
    };
  }
  /** A stream's bytes so far, from `offset`: of the attempt that counts, or of the one named. */
  async readOutput(
    id: string,
    { task, stream, offset = 0, length, attempt }: OutputAddress,
  ): Promise<Uint8Array> {
    const query = new URLSearchParams({ offset: String(offset) });
    if (length !== undefined) query.set('length', String(length));
    if (attempt !== undefined) query.set('attempt', attempt);
    const response = await this.send('GET', `/api/jobs/${id}/tasks/${task}/${stream}?${query.toString()}`);
    return new Uint8Array(await response.arrayBuffer());
  }
  /** Output as it comes, until the task or the job has ended; connects again by itself. */
  followOutput(id: string, options: FollowOptions = {}): AsyncGenerator<FollowEvent> {
    const { signal } = options;
    const path = followPath(id, options);
    const accept = { accept: 'text/event-stream' };
    return followEvents(
      (headers) =>
        this.withSignal(signal).send('GET', path, { headers: { ...accept, ...headers }, isStream: true }),
      options,
    );
  }
  /** Every attempt of a task that is known, oldest first. */
  listAttempts(id: string, task: number): Promise<AttemptView[]> {
    return this.listAll(`/api/jobs/${id}/tasks/${task}/attempts`);
  }
  /** Of a job that has ended: its output and all that is known of it. */
  async deleteJob(id: string): Promise<void> {
    await this.json('DELETE', `/api/jobs/${id}`);
  }
}

function scaleSetWaitPath(name: string, { for: goal = 'enrolled', atLeast }: ScaleSetWait): string {
  const query = atLeast === undefined ? '' : `&atLeast=${atLeast}`;
  return `/api/scale-sets/${name}/wait?for=${goal}${query}`;
}

function virtualMachineWaitPath(name: string, { for: goal = 'ready' }: VirtualMachineWait): string {
  return `/api/virtual-machines/${name}/wait?for=${goal}`;
}

function jobsPath({ state, ...others }: JobListFilter): string {
  const filter = { ...others, ...(state && { state: state.join(',') }) };
  return `/api/jobs?${new URLSearchParams(filter).toString()}`;
}

function keyHeader(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { 'idempotency-key': key };
}
