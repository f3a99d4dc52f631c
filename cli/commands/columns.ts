import type {
  AttemptView,
  BootLogView,
  BundleView,
  Condition,
  EnvironmentView,
  ImportEntry,
  JobView,
  OutputFileView,
  QuotaUsage,
  ScaleSetView,
  SubmissionView,
  TaskView,
  TemplateView,
  TimelineEvent,
  VirtualMachineView,
  WorkerView,
} from '../../shared/contracts';
import { howItEnded } from '../../client';
import type { Columns } from '../output/table';

/** What a person sees of each view: as a table's columns, or line by line. */

const why = ({ condition }: { condition: Condition | null }): string | null =>
  condition && `${condition.code}: ${condition.message}`;
const time = (at: string | null): string | null => at && at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
const problemsOf = ({ problems }: Pick<SubmissionView, 'problems'>): string =>
  problems.map(({ target, message }) => `${target ?? ''} ${message}`.trim()).join('; ');

export const scaleSetColumns: Columns<ScaleSetView> = {
  name: (view) => view.name,
  state: (view) => view.state,
  desired: (view) => view.capacity.desired,
  provisioned: (view) => view.capacity.provisioned,
  enrolled: (view) => view.capacity.enrolled,
  workers: (view) => `${view.workers.ready}/${view.workers.desired}`,
  template: (view) => view.template,
  'of job': (view) => view.ownedByJob,
  created: (view) => time(view.createdAt),
  condition: why,
};

export const virtualMachineColumns: Columns<VirtualMachineView> = {
  name: (view) => view.name,
  state: (view) => view.state,
  address: (view) => view.privateIpAddress,
  workers: (view) => `${view.workers.length}/${view.workersPerInstance}`,
  template: (view) => view.template,
  'of job': (view) => view.ownedByJob,
  created: (view) => time(view.createdAt),
  condition: why,
};

export const workerColumns: Columns<WorkerView> = {
  id: (view) => view.id,
  state: (view) => view.state,
  address: (view) => view.privateIpAddress,
  size: (view) => view.vmSize,
  zone: (view) => view.zone,
  priority: (view) => view.priority,
  running: (view) => view.running && `${view.running.jobId}/${view.running.task}`,
  message: (view) => view.message,
};

export const eventColumns: Columns<TimelineEvent> = {
  at: (event) => time(event.at),
  code: (event) => event.code,
  message: (event) => event.message,
};

export const jobColumns: Columns<JobView> = {
  id: (view) => view.id,
  name: (view) => view.name,
  state: (view) => view.state,
  tasks: ({ tasks: { total, succeeded, failed } }) =>
    `${succeeded}/${total}${failed > 0 ? ` (${failed} failed)` : ''}`,
  target: ({ target }) =>
    'scaleSet' in target ? `scale-set/${target.scaleSet}` : `vm/${target.virtualMachine}`,
  created: (view) => time(view.createdAt),
  ended: (view) => time(view.endedAt),
  condition: why,
};

export const taskColumns: Columns<TaskView> = {
  task: (view) => view.task,
  state: (view) => view.state,
  end: (view) => (view.end === null ? null : howItEnded(view)),
  retry: (view) => view.retry,
  worker: (view) => view.worker,
  started: (view) => time(view.startedAt),
  ended: (view) => time(view.endedAt),
  stdout: (view) => view.stdoutBytes,
  stderr: (view) => view.stderrBytes,
};

export const attemptColumns: Columns<AttemptView> = {
  attempt: (view) => view.attemptId,
  retry: (view) => view.retry,
  counts: (view) => (view.counts ? 'yes' : 'no'),
  end: (view) => view.end,
  'exit code': (view) => view.exitCode,
  worker: (view) => view.worker,
  started: (view) => time(view.startedAt),
  ended: (view) => time(view.endedAt),
  stdout: (view) => view.stdoutBytes,
  stderr: (view) => view.stderrBytes,
};

export const submissionColumns: Columns<SubmissionView> = {
  id: (view) => view.id,
  state: (view) => view.state,
  job: (view) => view.jobId,
  sent: (view) => time(view.insertedAt),
  settled: (view) => time(view.settledAt),
  problems: problemsOf,
};

export const bootLogColumns: Columns<BootLogView> = {
  vm: (view) => view.vm,
  source: (view) => view.source,
  bytes: (view) => view.bytes,
  updated: (view) => time(view.updatedAt),
};

export const importColumns: Columns<ImportEntry> = {
  file: (view) => view.file,
  entry: (view) => view.entry,
  outcome: (view) => view.outcome,
  'stored as': (view) => view.storedAs,
  problems: problemsOf,
  changes: (view) => view.changes.map(({ change, path }) => `${change} ${path}`.trim()).join(', '),
};

export const bundleColumns: Columns<BundleView> = {
  id: (view) => view.id,
  variables: (view) => view.variables.map(({ name }) => name).join(', '),
  files: (view) => view.files.map(({ name }) => name).join(', '),
  bytes: (view) => view.bytes,
  updated: (view) => time(view.updatedAt),
  expires: (view) => time(view.expiresAt),
};

export const outputFileColumns: Columns<OutputFileView> = {
  name: (view) => view.name,
  bytes: (view) => view.bytes,
  modified: (view) => time(view.lastModified),
};

export const templateColumns: Columns<TemplateView> = {
  kind: (view) => view.kind,
  name: (view) => view.name,
  updated: (view) => time(view.updatedAt),
};

export const environmentColumns: Columns<EnvironmentView> = {
  name: (view) => view.name,
  parts: (view) => view.parts.join(', '),
  entries: (view) => view.entries,
  bytes: (view) => view.bytes,
  sha256: (view) => view.sha256.slice(0, 12),
  updated: (view) => time(view.updatedAt),
};

export const usageColumns: Columns<QuotaUsage> = {
  limit: (usage) => usage.name,
  used: (usage) => usage.currentValue,
  of: (usage) => usage.limit,
  meaning: (usage) => usage.localizedName,
};
