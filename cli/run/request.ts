import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { JobRequest, JobView } from '../../shared/contracts';
import type { MusterClient } from '../../client';
import { flag, optional, type ValuesOf } from '../arguments/options';
import { choice, duration, pairs, text, texts, wholeNumber } from '../arguments/values';
import { Misuse } from '../exit-codes';
import { sendInput } from '../inputs';
import { defined, readRequest, readText } from '../request-file';

/** What `muster run` and `muster job submit` take: all of a job. */
export const jobOptions = {
  scaleSet: optional(text('NAME'), 'runs on the workers of this scale set'),
  vm: optional(text('NAME'), 'runs on this virtual machine'),
  template: optional(text('TEMPLATE'), 'runs on a VM of its own, made from this virtual-machine template'),
  persist: flag('with --template: the VM stays when the job has ended'),
  script: optional(text('FILE'), 'in place of a program: this script is sent along (- for standard input)'),
  interpreter: optional(
    text('PROGRAM'),
    'with --script: shell, bash, julia, python, node, or any program (shell)',
  ),
  input: optional(texts('PATH[=TARGET]'), 'a file or folder that each task finds in its working folder'),
  bundle: optional(text('BUNDLE'), 'variables and files that go along, as muster bundle put keeps them'),
  maskOutput: flag("strikes the values of the bundle's variables out of the output"),
  array: optional(wholeNumber('N', { min: 1 }), 'N tasks, each with its MUSTER_TASK_INDEX from 0'),
  nodes: optional(wholeNumber('N', { min: 1 }), 'each task takes N workers at once, each on a VM of its own'),
  mpiRanks: optional(wholeNumber('N', { min: 1 }), 'each task runs under mpiexec, with N ranks on each VM'),
  env: optional(pairs, 'environment variable'),
  workingDirectory: optional(text('FOLDER'), "absolute, or within the task's own new folder"),
  name: optional(text('NAME'), 'of the job, for lists'),
  timeout: optional(duration, 'of each task; what is out of its time is ended'),
  jobTimeout: optional(duration, 'of the whole job, from its submission'),
  killGrace: optional(duration, 'between SIGTERM and SIGKILL of what is cancelled or out of its time'),
  retries: optional(
    wholeNumber('N', { min: 1, max: 100 }),
    'a task that fails is run again, N times at most',
  ),
  maxRunning: optional(wholeNumber('N', { min: 1 }), 'tasks at the same time'),
  priority: optional(choice(['low', 'normal', 'high']), 'of its tasks among those of others (normal)'),
  after: optional(texts('JOB'), 'begins when this job has succeeded'),
  controlPlaneAccess: flag('its tasks may command muster themselves; what they make goes with the job'),
  keep: optional(duration, 'output and all else is deleted so long after its end (as the app is set)'),
  idempotencyKey: optional(text('KEY'), 'a repeat with the same key is the same job (a random one)'),
  file: optional(text('FILE'), 'the request as JSON, as the API takes it; the options are put over it'),
};

export type JobValues = ValuesOf<typeof jobOptions>;

type Request = z.input<typeof JobRequest>;

/** Submits what the command line says, under a key, so that it may be repeated. Throws Misuse with every problem, and then has sent nothing. */
export async function submitAsAsked(
  client: MusterClient,
  options: JobValues,
  program: readonly string[] = [],
): Promise<JobView> {
  const request = requestOf(options, program);
  const inputs = [];
  for (const path of options.input ?? []) inputs.push(await sendInput(client, path));
  const whole =
    inputs.length === 0 ? request : { ...request, inputs: [...(request.inputs ?? []), ...inputs] };
  return client.submitJob(whole, { idempotencyKey: options.idempotencyKey ?? randomUUID() });
}

/** The request that options, a file of JSON and a program with its arguments make. */
function requestOf(options: JobValues, program: readonly string[]): Request {
  const base = readRequest(options.file);
  const problems = [...targetProblems(options, base), ...runProblems(options, program, base)];
  if (problems.length > 0) throw new Misuse(problems);
  const { array, retries, after, nodes, mpiRanks } = options;
  const request = {
    ...base,
    ...defined({ target: targetOf(options), run: runOf(options, program) }),
    ...defined({ name: options.name, workingDirectory: options.workingDirectory }),
    ...defined({ array: array === undefined ? undefined : { count: array } }),
    ...defined({ nodes, mpi: mpiRanks === undefined ? undefined : { ranksPerWorker: mpiRanks } }),
    ...defined({ environmentVariables: options.env }),
    ...defined({ taskTimeoutMs: options.timeout, timeoutMs: options.jobTimeout }),
    ...defined({
      killGraceMs: options.killGrace,
      maxRunning: options.maxRunning,
      priority: options.priority,
    }),
    ...defined({ retry: retries === undefined ? undefined : { limit: retries } }),
    ...defined({ bundle: options.bundle, maskOutput: options.maskOutput || undefined }),
    ...defined({ keepMs: options.keep, controlPlaneAccess: options.controlPlaneAccess || undefined }),
    ...defined({ dependsOn: after?.map((job) => ({ job })) }),
  };
  return request as Request;
}

function targetOf({ scaleSet, vm, template, persist }: JobValues): JobTargetInput | undefined {
  if (scaleSet !== undefined) return { scaleSet };
  if (vm !== undefined) return { virtualMachine: vm };
  return template === undefined ? undefined : { virtualMachineTemplate: template, persist };
}
type JobTargetInput = Request['target'];

function runOf({ script, interpreter }: JobValues, program: readonly string[]) {
  if (script !== undefined)
    return { script: readText(script), ...defined({ interpreter: interpreterOf(interpreter) }) };
  const [first, ...rest] = program;
  return first === undefined ? undefined : { program: first, arguments: rest };
}

const languages = ['shell', 'bash', 'julia', 'python', 'node'];

function interpreterOf(given: string | undefined): string | string[] | undefined {
  return given === undefined || languages.includes(given) ? given : [given];
}

function targetProblems({ scaleSet, vm, template, persist }: JobValues, base: object): string[] {
  const given = Object.entries({ '--scale-set': scaleSet, '--vm': vm, '--template': template })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  const problems: string[] = [];
  if (given.length === 0 && !('target' in base))
    problems.push('no target: say where it runs, with --scale-set NAME, --vm NAME or --template TEMPLATE');
  if (given.length > 1) problems.push(`${given.join(' and ')} exclude each other: it runs in one place`);
  if (persist && template === undefined)
    problems.push('--persist goes with --template: other VMs stay by themselves');
  return problems;
}

function runProblems(
  { script, interpreter, file }: JobValues,
  program: readonly string[],
  base: object,
): string[] {
  const problems: string[] = [];
  if (program.length === 0 && script === undefined && !('run' in base))
    problems.push('nothing to run: give -- PROGRAM [ARGUMENT...], or --script FILE');
  if (program.length > 0 && script !== undefined)
    problems.push('--script and a program exclude each other: leave one away');
  if (interpreter !== undefined && script === undefined)
    problems.push('--interpreter goes with --script FILE: without one there is nothing to interpret');
  if (script === '-' && file === '-')
    problems.push('--script - and --file - cannot both read standard input');
  return problems;
}
