import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EnvironmentToMake } from '../../../shared/contracts/environments';
import type { JobPriority } from '../../../shared/contracts/names';
import { WorkerCommand } from '../../../shared/contracts/worker-command';
import type { AgentSettings, LogSinkSettings } from '../../../shared/contracts/worker-protocol';
import { killStrays } from '../../../worker/task/process-group';
import type { RunningAzurite } from '../../support/azurite';
import { AgentProcess } from './agent-process';
import { ControlPlane } from './control-plane';
import { CutProxy } from './cut-proxy';
import { Storage, type JobInput } from './storage';

const settings: AgentSettings = {
  leaseRenewalMs: 50,
  taskLeaseMs: 2000,
  taskLeaseRenewalMs: 200,
  outputFlushMs: 20,
  outputFlushBytes: 262_144,
  inlineOutputBytes: 0,
  announceMs: 20,
  hotPollMs: 10,
  idlePollMs: 30,
  looksPerHour: 1_000_000,
  holdMs: 1500,
  completionDelayMs: 50,
  cancelLookMs: 100,
  killGraceMs: 300,
  files: { maxOutputFiles: 1000, maxOutputBytes: 2 ** 30, cacheBytes: 2 ** 30 },
  evictionTerminateMs: 1500,
  environmentLimitMs: 60_000,
  gangFormMs: 10_000,
  gangLeaseMs: 15_000,
  gangRetryMs: 200,
  mpiFlags: ['--map-by', 'numa:PE=$OMP_NUM_THREADS', '--bind-to', 'core'],
  retryDelayMs: 20,
  retryDelayMaxMs: 200,
};

interface AgentOptions {
  workers?: string[];
  environment?: Record<string, string>;
  admitted?: Record<string, string>;
  settings?: Partial<AgentSettings>;
  config?: Record<string, unknown>;
  /** What each worker runs in place of tasks. */
  command?: Partial<WorkerCommand>;
  makes?: EnvironmentToMake;
  /** Where lines of tasks go beside their blobs. */
  logs?: LogSinkSettings;
  /** Of the jobs that the owner has had. */
  priorities?: JobPriority[];
}

/**
 * The VM that an agent is on, where it has a folder of its own. Config file and join token go by it: an agent that starts slowly must not
 * take those of the next one.
 */
function vmOf({ config }: AgentOptions): string | undefined {
  const folder = config?.workFolder;
  return typeof folder === 'string' ? path.basename(folder) : undefined;
}

function joinTokenOf(options: AgentOptions): string {
  return ['join-token-secret', vmOf(options)].filter(Boolean).join('-');
}

/** Storage, control plane and metadata service around real agents; one per test, on a test file's Azurite. */
export class World {
  readonly agents: AgentProcess[] = [];
  readonly isRoot = process.getuid?.() === 0;

  readonly plane: ControlPlane;
  readonly storage: Storage;
  readonly proxies: { blob: CutProxy; queue: CutProxy };
  readonly folder: string;

  private constructor(parts: Pick<World, 'plane' | 'storage' | 'proxies' | 'folder'>) {
    ({ plane: this.plane, storage: this.storage, proxies: this.proxies, folder: this.folder } = parts);
  }

  static async create(azurite: RunningAzurite): Promise<World> {
    const port = (service: string): number =>
      Number(new RegExp(`${service}Endpoint=http://[^:]+:(\\d+)`).exec(azurite.connectionString)![1]);
    const folder = mkdtempSync(path.join(tmpdir(), 'muster-agent-'));
    chmodSync(folder, 0o755);
    mkdirSync(path.join(folder, 'open'));
    chmodSync(path.join(folder, 'open'), 0o777);
    const name = randomBytes(4).toString('hex');
    return new World({
      plane: await ControlPlane.start(),
      storage: await Storage.create(azurite.connectionString, name),
      proxies: { blob: await CutProxy.start(port('Blob')), queue: await CutProxy.start(port('Queue')) },
      folder,
    });
  }

  /** What tasks, and the agent for them, have put into their folders. */
  taskFiles(): string[] {
    return readdirSync(path.join(this.folder, 'work'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  }

  async close(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.kill()));
    await Promise.all([this.plane.stop(), this.proxies.blob.stop(), this.proxies.queue.stop()]);
    this.#killTasks();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A killed agent leaves its tasks; the next one on its VM would end them. */
  #killTasks(): void {
    for (const vm of readdirSync(this.folder, { withFileTypes: true })) {
      if (!vm.isDirectory()) continue;
      for (const attempt of readdirSync(path.join(this.folder, vm.name))) killStrays(attempt);
    }
  }

  /** A file that tests and tasks may both write. */
  openFile(name: string): string {
    return path.join(this.folder, 'open', name);
  }

  access(): Promise<Record<string, unknown>> {
    return this.storage.access({ blob: this.proxies.blob.port, queue: this.proxies.queue.port });
  }

  async startAgent(options: AgentOptions = {}): Promise<AgentProcess> {
    const admitted = {
      state: 'admitted',
      agentId: 'agent-1',
      agentToken: 'agent-token-secret',
      workers: options.workers ?? ['vm1-0'],
      environmentVariables: options.admitted ?? {},
      index: 3,
      priorities: options.priorities ?? ['normal'],
      environment: options.makes ?? null,
      logs: options.logs ?? null,
      command: options.command ? WorkerCommand.parse(options.command) : null,
      leaseExpiresAt: new Date(Date.now() + 60_000).toISOString(),
      settings: { ...settings, ...options.settings },
      access: await this.access(),
    };
    const others = this.plane.enrol;
    this.plane.enrol = (call) =>
      call.body.joinToken === joinTokenOf(options) ? { status: 200, body: admitted } : others(call);
    return this.startAgentAsIs(options);
  }

  /** With whatever the control plane answers by now. */
  startAgentAsIs(options: AgentOptions = {}): AgentProcess {
    const configFile = path.join(this.folder, `${vmOf(options) ?? 'agent'}.json`);
    const config = {
      version: 1,
      controlPlaneUrl: this.plane.url,
      owner: { kind: 'scale-set', name: 'cbox', incarnation: 'abcd1234' },
      joinToken: joinTokenOf(options),
      workFolder: path.join(this.folder, 'work'),
      ...(this.isRoot ? { taskUser: 'nobody' } : {}),
      ...options.config,
    };
    writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
    const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: this.plane.url, ...options.environment };
    const agent = new AgentProcess(configFile, environment);
    this.agents.push(agent);
    return agent;
  }

  async submit(input: JobInput): Promise<string> {
    const jobId = `job-${randomBytes(4).toString('hex')}`;
    await this.storage.submit(jobId, input);
    return jobId;
  }

  script(script: string, rest: Partial<JobInput> = {}): Promise<string> {
    return this.submit({ run: { script, interpreter: ['/bin/sh'] }, ...rest });
  }
}
