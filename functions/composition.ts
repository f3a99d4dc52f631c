import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  connectArm,
  connectStorage,
  createBootLogs,
  createCommandOutput,
  createContentStore,
  createBundles,
  createJobInputs,
  createOutputFiles,
  createCompute,
  createCredential,
  createImages,
  createJobOutput,
  createNetwork,
  createQuota,
  createRecords,
  createSubmissions,
  createWorkAccessIssuer,
  createWorkQueue,
  prepareStorage,
} from '../shared/azure';
import { readConfig } from '../shared/config';
import type { AgentBundle, App } from './app';
import { JobChanges } from './jobs/changes';
import { ShortJobs } from './jobs/short-jobs';
import { JobWakes } from './jobs/wakes';

/** The one place where settings become clients. Throws, naming every wrong setting, before anything is registered. */
export function composeApp(environment: Record<string, string | undefined>): App {
  const config = readConfig(environment);
  const credential = createCredential(config);
  const storage = connectStorage(config, credential);
  const arm = connectArm({ endpoint: config.MUSTER_ARM_ENDPOINT, credential });
  return {
    config,
    records: createRecords(storage),
    compute: createCompute(arm),
    network: createNetwork(arm),
    quota: createQuota(arm),
    images: createImages(arm),
    workQueue: createWorkQueue(storage),
    submissions: createSubmissions(storage),
    jobOutput: createJobOutput(storage),
    commandOutput: createCommandOutput(storage),
    content: createContentStore(storage),
    bundles: createBundles(storage),
    jobInputs: createJobInputs(storage),
    outputFiles: createOutputFiles(storage),
    bootLogs: createBootLogs(storage),
    workAccess: createWorkAccessIssuer(storage),
    jobWakes: new JobWakes(),
    shortJobs: new ShortJobs(),
    jobChanges: new JobChanges(),
    taskChanges: new JobChanges(),
    clock: { now: () => Date.now() },
    agentBundle: once(readAgentBundle),
    prepared: retriedOnce(() => prepareStorage(storage)),
  };
}

function readAgentBundle(): AgentBundle {
  const body = new Uint8Array(readFileSync(join(__dirname, '..', 'worker', 'agent.cjs')));
  return { body, sha256: createHash('sha256').update(body).digest('hex') };
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** One attempt at a time, remembered when it succeeds: storage that is away at start does not stay away for ever. */
function retriedOnce(prepare: () => Promise<void>): () => Promise<void> {
  let pending: Promise<void> | undefined;
  return () =>
    (pending ??= prepare().catch((error: unknown) => {
      pending = undefined;
      throw error;
    }));
}
