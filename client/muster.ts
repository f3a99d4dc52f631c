import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type {
  JobRequest,
  JobView,
  UnnamedVirtualMachineRequest,
  VirtualMachineView,
} from '../shared/contracts';
import { configured, type ClientOptions } from './configuration';
import { Job } from './job';
import type { JobListFilter } from './job-calls';
import { MusterClient } from './muster-client';
import { ScaleSet, type CallOptions } from './scale-set';
import { variableBundle } from './variable-bundle';
import { VirtualMachine } from './virtual-machine';

export interface SubmitOptions extends CallOptions {
  /** @default a random one */
  idempotencyKey?: string;
  /** The variables of this process (`variableBundle`) go along, in place of a bundle by its id. @default false */
  sendsVariables?: boolean;
}

/**
 * Where a program begins: `new Muster()` takes MUSTER_URL and MUSTER_KEY (within a job MUSTER_TOKEN_FILE) from the environment, or is
 * given them. Everything rejects with MusterError.
 *
 * ```ts
 * const muster = new Muster();
 * await muster.virtualMachine('solo').create({ template: 'cbox' });
 * const job = await muster.submit({ target: { virtualMachine: 'solo' }, run: { program: 'hostname' } });
 * await job.waitForSuccess();
 * console.log(await job.stdout());
 * ```
 */
export class Muster {
  /** The HTTP API, call by call. */
  readonly client: MusterClient;

  constructor(options: Partial<ClientOptions> = {}) {
    this.client = new MusterClient(configured(options));
  }

  scaleSet(name: string): ScaleSet {
    return new ScaleSet(this.client, name);
  }

  virtualMachine(name: string): VirtualMachine {
    return new VirtualMachine(this.client, name);
  }

  /** A VM whose name is made of a basename and six letters; one, however often the call had to be repeated. */
  createVirtualMachine(
    request: z.input<typeof UnnamedVirtualMachineRequest>,
    { signal, idempotencyKey = randomUUID() }: CallOptions & { idempotencyKey?: string } = {},
  ): Promise<VirtualMachineView> {
    return this.client.withSignal(signal).createVirtualMachine(request, { idempotencyKey });
  }

  job(id: string): Job {
    return new Job(this.client, id);
  }

  /** Returns once the job is accepted. It is one job, however often the call had to be repeated. */
  async submit(request: z.input<typeof JobRequest>, options: SubmitOptions = {}): Promise<Job> {
    const { signal, idempotencyKey = randomUUID(), sendsVariables = false } = options;
    const client = this.client.withSignal(signal);
    const bundle = sendsVariables ? await variableBundle.send(client) : undefined;
    const body = { ...request, ...(bundle !== undefined && { bundle }) };
    const { id } = await client.submitJob(body, { idempotencyKey });
    return this.job(id);
  }

  /** Newest first. */
  jobs({ signal, ...filter }: JobListFilter & CallOptions = {}): AsyncGenerator<JobView, void, undefined> {
    return this.client.withSignal(signal).iterateJobs(filter);
  }
}
