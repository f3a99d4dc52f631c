import type { DurableClient } from 'durable-functions';
import type { App } from '../../../functions/app';
import { JobChanges } from '../../../functions/jobs/changes';
import { ShortJobs } from '../../../functions/jobs/short-jobs';
import { JobWakes } from '../../../functions/jobs/wakes';
import {
  connectStorage,
  createBundles,
  createContentStore,
  createJobInputs,
  createJobOutput,
  createRecords,
  createSubmissions,
  createWorkQueue,
  prepareStorage,
  type Storage,
} from '../../../shared/azure';
import { readConfig } from '../../../shared/config';
import type { JobRow } from '../../../shared/domain';
import { startAzurite } from '../../support/azurite';

/** Stops the app's work at its nth call to the outside: before the call, or after it, when its answer is lost. No later call gets out. */
export interface Crash {
  at: number;
  when: 'before' | 'after';
  /** The call alone fails; the process lives. */
  isAlone?: true;
}

export class Crashed extends Error {}

/** The app on real storage, with an orchestration engine that only remembers, and calls that can be made to fail. */
export interface PretendApp {
  app: App;
  durable: DurableClient;
  storage: Storage;
  /** Orchestrations by instance id. */
  started: Map<string, number>;
  /** Calls to the outside since the last `crash`. */
  calls(): number;
  crash(crash: Crash | undefined): void;
  jobsNamed(name: string): Promise<JobRow[]>;
  close(): Promise<void>;
}

export async function startPretendApp(settings: Record<string, string> = {}): Promise<PretendApp> {
  const azurite = await startAzurite();
  const storage = connectStorage({ AzureWebJobsStorage: azurite.connectionString });
  await prepareStorage(storage);
  let calls = 0;
  let crash: Crash | undefined;
  const outside = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name, receiver) => {
        const method: unknown = Reflect.get(target, name, receiver);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]): Promise<unknown> => {
          const isHere = ++calls === crash?.at;
          // Nothing gets out of a process that is dead.
          if (crash && !crash.isAlone && calls > crash.at) throw new Crashed();
          if (isHere && crash?.when === 'before') throw new Crashed();
          const answer: unknown = await (method as (...given: unknown[]) => unknown).apply(target, given);
          if (isHere) throw new Crashed();
          return answer;
        };
      },
    });
  const started = new Map<string, number>();
  const records = createRecords(storage);
  const jobOutput = createJobOutput(storage);
  const jobInputs = createJobInputs(storage);
  const app = {
    config: readConfig({
      AzureWebJobsStorage: azurite.connectionString,
      MUSTER_SIGNING_KEY: 'k'.repeat(32),
      MUSTER_PUBLIC_URL: 'http://127.0.0.1:1',
      ...settings,
    }),
    records: outside(records),
    submissions: outside(createSubmissions(storage)),
    workQueue: outside(createWorkQueue(storage)),
    jobOutput: (owner) => outside(jobOutput(owner)),
    content: outside(createContentStore(storage)),
    bundles: outside(createBundles(storage)),
    jobInputs: (owner) => outside(jobInputs(owner)),
    jobChanges: new JobChanges(),
    taskChanges: new JobChanges(),
    jobWakes: new JobWakes(),
    shortJobs: new ShortJobs(),
    clock: { now: () => Date.now() },
  } as Partial<App> as App;
  const owner = { kind: 'scale-set', name: 'cbox', incarnation: 'aaaaaaaa' };
  await records.insert('resources', {
    partition: 'scale-set',
    key: 'cbox',
    value: { owner, wanted: 'present' },
  });
  return {
    app,
    storage,
    started,
    durable: outside(pretendDurable(started)),
    calls: () => calls,
    crash(next) {
      calls = 0;
      crash = next;
    },
    jobsNamed: async (name) =>
      (await records.list<JobRow>('jobs', 'job')).map((row) => row.value).filter((row) => row.name === name),
    close: () => azurite.stop(),
  };
}

/** Gives the tests of a file one app, that no test finds crashed, and closes it after the last. */
export function usePretendApp(give: (pretend: PretendApp) => void): void {
  let pretend: PretendApp;
  beforeAll(async () => give((pretend = await startPretendApp())));
  beforeEach(() => pretend.crash(undefined));
  afterAll(() => pretend.close());
}

function pretendDurable(started: Map<string, number>): DurableClient {
  return {
    startNew: async (_name: string, { instanceId }: { instanceId: string }) => {
      started.set(instanceId, (started.get(instanceId) ?? 0) + 1);
      return instanceId;
    },
    getStatus: async (instanceId: string) => {
      if (!started.has(instanceId)) throw new Error('The call was replied with HTTP 404.');
      return { runtimeStatus: 'Running' };
    },
    raiseEvent: async () => undefined,
  } as Partial<Record<keyof DurableClient, unknown>> as DurableClient;
}
