import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootLogBlob } from '../../shared/contracts/blob-names';
import type { EnvironmentPart, EnvironmentToMake } from '../../shared/contracts/environments';
import type { AgentSettings } from '../../shared/contracts/worker-protocol';
import { describeError, type Log } from '../log';
import type { Lifecycle } from '../lifecycle';
import type { JobBlobs } from '../storage/job-blobs';
import { attemptVariable, baseEnvironment, type Environment } from '../task/environment';
import { give, makeTaskFolder, removeTaskFolder } from '../task/folder';
import type { Identity } from '../task/identity';
import { launch } from '../task/launch';
import { outputLimits, OutputWriter, type OutputSink } from '../task/output-stream';
import { superviseTask } from '../task/supervise';
import { environmentOf, scriptOf, variablesFile } from './commands';
import { fetchArchive } from './fetch';
import type { PreparationState } from './preparation';
import { Collected, Tail } from './tail';

const readLimitMs = 30_000;

export interface MakeOptions {
  environment: EnvironmentToMake;
  workFolder: string;
  vmName: string;
  /** Of the scale set or VM: proxies and the like. */
  variables: Environment;
  identity: Identity | undefined;
  blobs: JobBlobs;
  preparation: PreparationState;
  lifecycle: Lifecycle;
  settings: Pick<AgentSettings, 'environmentLimitMs' | 'outputFlushMs' | 'outputFlushBytes'>;
  log: Log;
}

/**
 * Makes the environment, or finds it made by an earlier boot. Answers the variables of tasks; undefined where it could not be made: the
 * reason is in the preparation's state, and what was said on the way in the boot log.
 */
export async function makeEnvironment(options: MakeOptions): Promise<Environment | undefined> {
  const { environment, preparation, log } = options;
  const folder = path.join(path.dirname(options.workFolder), 'environments', environment.sha256);
  // Beside the folder and not in it: there the tasks' user could put a link where root is about to write.
  const mark = `${folder}.complete`;
  if (!existsSync(mark)) {
    preparation.set({ state: 'preparing', message: 'The folder is fetched.' });
    const writer = new OutputWriter(
      options.blobs,
      { blobOf: () => bootLogBlob(options.vmName, 'environment') },
      {
        ...outputLimits,
        flushMs: options.settings.outputFlushMs,
        flushBytes: options.settings.outputFlushBytes,
      },
    );
    await writer.openAgain();
    const tail = new Tail(writer);
    const failure = await make(folder, tail, options).catch((error: unknown) =>
      String(describeError(error).error),
    );
    if (failure) await tail.write(Buffer.from(`muster: ${failure}\n`));
    await writer.finish();
    if (failure) {
      log('error', 'environment-failed', { message: failure });
      preparation.set({ state: 'failed', message: `${failure}. The end of its log: ${tail.text}` });
      return undefined;
    }
    writeFileSync(mark, '');
  }
  log('info', 'environment-ready', { name: environment.name, folder });
  preparation.set(null);
  const { PATH: basePath = '' } = baseEnvironment({ home: '/', temporary: '/tmp', user: undefined });
  const written = await readVariables(folder, options);
  return environmentOf(folder, { parts: environment.parts, basePath, written });
}

/** A sentence where it fails; what the parts say goes to the sink. */
async function make(folder: string, sink: OutputSink, options: MakeOptions): Promise<string | undefined> {
  const { environment, identity, log, lifecycle, preparation } = options;
  // What an interrupted boot left is no base to build on.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  give(folder, identity);
  const archive = `${folder}.tar.gz`;
  await fetchArchive(environment, archive, { log, end: lifecycle.draining });
  const deadline = Date.now() + options.settings.environmentLimitMs;
  const unpack = `tar -xzf '${archive}' --no-same-owner`;
  const steps: [what: string, script: string][] = [
    ['unpack', unpack],
    ...environment.parts.map((part): [string, string] => [part, scriptOf(part as EnvironmentPart)]),
  ];
  for (const [what, script] of steps) {
    preparation.set({ state: 'preparing', message: `It is being made: ${what}.` });
    await sink.write(Buffer.from(`muster: ${what}\n`));
    const failure = await runStep(script, { folder, what, sink, deadline }, options);
    if (failure) return failure;
  }
  rmSync(archive, { force: true });
  return undefined;
}

interface Step {
  folder: string;
  what: string;
  sink: OutputSink;
  deadline: number;
}

/** One shell command in the environment's folder, as the tasks' user. */
async function runStep(
  script: string,
  { folder, what, sink, deadline }: Step,
  { workFolder, identity, variables, lifecycle, log }: MakeOptions,
): Promise<string | undefined> {
  const own = makeTaskFolder(workFolder, `environment-${what}-${Date.now()}`, identity);
  try {
    const { work: home, temporary } = own;
    const environment = {
      ...baseEnvironment({ home, temporary, user: identity?.user }),
      ...variables,
      MUSTER_ENVIRONMENT: folder,
      MUSTER_ENVIRONMENT_VARIABLES: path.join(folder, variablesFile),
      [attemptVariable]: path.basename(own.root),
    };
    const shell = { program: 'sh', programPath: '/bin/sh', arguments: ['-c', script] };
    const launched = await launch({ ...shell, workingFolder: folder, environment, identity }, own);
    if (launched.kind === 'failed') return `${what}: ${launched.message}`;
    const { exit, endedBy } = await superviseTask(launched.process, {
      attemptId: path.basename(own.root),
      stdout: sink,
      stderr: sink,
      timeoutMs: Math.max(1, deadline - Date.now()),
      killGraceMs: () => 1000,
      abandon: lifecycle.draining,
      stopping: lifecycle.stopping,
    });
    if (endedBy === 'abandonment') return `${what}: given up, as the VM goes`;
    if (endedBy === 'time-out') return `${what}: not done within the time allowed`;
    const { exitCode, signal } = exit;
    return exitCode === 0
      ? undefined
      : `${what}: ${signal ? `killed by ${signal}` : `exited with code ${exitCode}`}`;
  } finally {
    removeTaskFolder(own.root, log);
  }
}

/** As the tasks' user: whatever the file has become, root does not read it. */
async function readVariables(folder: string, options: MakeOptions): Promise<string> {
  const collected = new Collected();
  const script = `[ ! -e ${variablesFile} ] || cat ${variablesFile}`;
  const deadline = Date.now() + readLimitMs;
  await runStep(script, { folder, what: 'variables', sink: collected, deadline }, options);
  return collected.text;
}
