import type {
  BootLogView,
  OutputStream,
  ScaleSetRequest,
  ScaleSetView,
  ScaleSetWaitFor,
  TimelineEvent,
  WorkerView,
} from '../shared/contracts';
import type { z } from 'zod';
import { keyHeader } from './idempotency-key';
import { SetUpCalls } from './set-up-calls';
import type { WaitAnswer } from './transport';

/** What to wait for, and for how long (900 s where absent). */
export interface ScaleSetWait {
  for?: ScaleSetWaitFor;
  atLeast?: number;
  timeoutSeconds?: number;
}

/** Scale sets, their workers, and what is kept of their boots. */
export abstract class ScaleSetCalls extends SetUpCalls {
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
  readBootLog(scaleSet: string, vm: string, source?: BootLogView['source']): Promise<string> {
    return this.readBootLogOf(`scale-sets/${scaleSet}`, vm, source);
  }
  protected async readBootLogOf(owner: string, vm: string, source?: BootLogView['source']): Promise<string> {
    const query = source ? `?source=${source}` : '';
    return (await this.send('GET', `/api/${owner}/boot-logs/${vm}${query}`)).text();
  }
  /** Has Azure evict the Spot VM of a worker: a rehearsal of the loss. */
  simulateEviction(scaleSet: string, worker: string): Promise<unknown> {
    return this.json('POST', `/api/scale-sets/${scaleSet}/workers/${worker}/simulate-eviction`);
  }
  /** Of a set that a job made: it stays when that job ends. A repeat changes nothing. */
  handOverScaleSet(name: string): Promise<ScaleSetView> {
    return this.json('POST', `/api/scale-sets/${name}/hand-over`, { isRepeatable: true });
  }
  deleteScaleSet(name: string): Promise<unknown> {
    return this.json('DELETE', `/api/scale-sets/${name}`);
  }
}

function scaleSetWaitPath(name: string, { for: goal = 'enrolled', atLeast }: ScaleSetWait): string {
  const query = atLeast === undefined ? '' : `&atLeast=${atLeast}`;
  return `/api/scale-sets/${name}/wait?for=${goal}${query}`;
}
