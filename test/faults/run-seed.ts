import { setTimeout as pause } from 'node:timers/promises';
import { finalJobStates } from '../../shared/contracts';
import { eventually, whatIsLeft } from '../support/local-stack';
import { keepAgentLogs } from './agent-logs';
import { descendants, isRunning, type ProcessName } from './agents';
import { inflict } from './inflict';
import { checkJobs, failedOrchestrations, leftMessages } from './invariants';
import { drawSchedule, type Fault, type ScheduleLimits, type Scheduled } from './schedule';
import { setStage, type Stage } from './stage';
import { submitAll, type Submitted } from './submissions';
import { makeWorkload, scaleSet } from './workload';

export interface SeedRun {
  schedule: Scheduled[];
  /** What happened, as it happened. */
  story: string[];
  problems: string[];
  /** Kept where there are problems. */
  stateFolder: string;
}

/** So long everything may take that is waited for when the faults are over. */
const settleLimitMs = 100_000;

/** Runs jobs under the faults that the seed draws, then looks whether all is as it should be. Never rejects for a fault of the product. */
export async function runSeed(
  seed: number,
  { lengthMs, count }: ScheduleLimits,
  tell: (line: string) => void = () => undefined,
): Promise<SeedRun> {
  const schedule = drawSchedule(seed, { lengthMs, count });
  const begun = Date.now();
  const story: string[] = [];
  const say = (line: string): void => {
    story.push(`${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${line}`);
    tell(story.at(-1)!);
  };
  const stage = await setStage();
  const { stateFolder } = stage;
  const problems: string[] = [];
  let processes: ProcessName[] = [];
  const stopKeeping = keepAgentLogs(stateFolder);
  try {
    await prepare(stage);
    say('ready');
    const [submitted] = await Promise.all([
      submitAll(stage, makeWorkload(lengthMs)),
      runSchedule(stage, schedule, say),
    ]);
    say('calm');
    processes = everyProcess(stage);
    problems.push(...(await settle(stage, submitted, say)));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    stopKeeping();
    processes.push(...everyProcess(stage));
    await stage.stop();
  }
  for (const one of processes.filter(isRunning)) problems.push(`process ${one.pid} is left`);
  if (problems.length === 0) stage.removeState();
  return { schedule, story, problems, stateFolder };
}

async function prepare({ client, direct }: Stage): Promise<void> {
  await client.putScaleSet(scaleSet, { template: 'cbox', capacity: 3, workersPerInstance: 2, spot: {} });
  await eventually(
    'the scale set is ready',
    async () => (await direct.client.getScaleSet(scaleSet))?.capacity.enrolled === 3,
  );
}

async function runSchedule(stage: Stage, schedule: Scheduled[], say: (line: string) => void): Promise<void> {
  const begun = Date.now();
  const one = async ({ atMs, fault }: Scheduled): Promise<void> => {
    await pause(Math.max(0, begun + atMs - Date.now()));
    const name = describe(fault);
    say(`${name} ...`);
    say(`${name}: ${await inflict(stage, fault)}`);
  };
  await Promise.all(schedule.map(one));
}

function describe(fault: Fault): string {
  return 'service' in fault ? `${fault.kind} (${fault.service})` : fault.kind;
}

async function settle(stage: Stage, submitted: Submitted, say: (line: string) => void): Promise<string[]> {
  const problems = await untilEnded(stage, submitted);
  say('every job has ended, or its time is up');
  if (problems.length === 0) problems.push(...(await checkJobs(stage, submitted)));
  problems.push(...(await untilNone(() => leftMessages(stage), 40_000)));
  say('checked');
  await stage.direct.client.deleteScaleSet(scaleSet);
  problems.push(...(await untilNone(() => leftInAzure(stage), 60_000)));
  problems.push(...(await failedOrchestrations(stage)));
  say('taken down');
  return problems;
}

async function untilEnded({ direct: { client } }: Stage, submitted: Submitted): Promise<string[]> {
  return untilNone(async () => {
    const open: string[] = [];
    for (const { shape, job } of submitted.values()) {
      const view = (await client.getJob(job.id))!;
      if (finalJobStates.includes(view.state)) continue;
      const tasks = (await client.listTasks(job.id)).filter((task) => task.endedAt === null);
      const first = tasks.slice(0, 5).map(({ task, state, attemptId }) => `${task} ${state} ${attemptId}`);
      open.push(
        `${shape.name} (${job.id}) has not ended: ${view.state}, ${JSON.stringify(view.condition)}, ${first.join('; ')}`,
      );
    }
    return open;
  }, settleLimitMs);
}

/** What is left when time is up. */
async function untilNone(look: () => Promise<string[]>, limitMs: number): Promise<string[]> {
  for (const end = Date.now() + limitMs; ; await pause(500)) {
    const found = await look();
    if (found.length === 0 || Date.now() > end) return found;
  }
}

async function leftInAzure({ stack }: Stage): Promise<string[]> {
  const { billable, machines } = await whatIsLeft(stack);
  return [...billable, ...machines].map((one) => `left in Azure: ${JSON.stringify(one)}`);
}

/** Of the stack, with those of its VMs. */
function everyProcess({ stack }: Stage): ProcessName[] {
  return stack.components.flatMap(({ pid }) => descendants(pid));
}
