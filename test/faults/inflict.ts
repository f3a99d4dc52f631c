import { setTimeout as pause } from 'node:timers/promises';
import type { QueueClient } from '@azure/storage-queue';
import { completionsQueue } from '../../shared/contracts';
import { seeded } from '../support/seeded';
import { control } from '../support/local-stack';
import { findAgents, signal } from './agents';
import { stutter, type FaultProxy, type Verdict } from './fault-proxy';
import type { Fault, Service } from './schedule';
import type { Stage } from './stage';

/** Does one thing of a schedule, for as long as it lasts. Answers what came of it. */
export function inflict(stage: Stage, fault: Fault): Promise<string> | string {
  switch (fault.kind) {
    case 'kill-agent':
      return onAgent(stage, fault.pick, (agent) => `killed: ${signal(agent, 'SIGKILL')}`);
    case 'freeze-agent':
      return onAgent(stage, fault.pick, async (agent) => {
        const isFrozen = signal(agent, 'SIGSTOP');
        await pause(fault.forMs);
        return `frozen: ${isFrozen}, thawed: ${signal(agent, 'SIGCONT')}`;
      });
    case 'pull-plug':
      return onMachine(stage, fault.pick, (resourceId) =>
        control(stage.stack, 'POST', 'pull-plug', { resourceId }),
      );
    case 'evict':
      return onMachine(stage, fault.pick, (resourceId) =>
        control(stage.stack, 'POST', 'evict', { resourceId, noticeMs: fault.noticeMs }),
      );
    case 'storage-away':
      return during(fault.forMs, stage.proxies[fault.service], (proxy) => proxy.cut());
    case 'storage-stutters':
      return during(fault.forMs, stage.proxies[fault.service], stuttering(fault, storageStutters));
    case 'kill-host':
      return killHost(stage, fault.forMs);
    case 'host-stutters':
      return during(fault.forMs, stage.proxies.host, stuttering(fault, hostStutters));
    case 'lose-completions':
      return during(fault.forMs, stage.proxies.host, (proxy) => proxy.judge(loseCompletions));
    case 'double-messages':
      return onQueues(stage, fault.forMs, copyMessages);
    case 'redeliver-messages':
      return onQueues(stage, fault.forMs, handBackMessages);
  }
}

const storageStutters: readonly Verdict[] = ['refuse', 'fail-after', 'fail-after', 'lose-answer'];
/** Only of the control plane's routes a repeat is a matter of course: a call may come twice. */
const hostStutters: readonly Verdict[] = [...storageStutters, 'double', 'double'];
const share = 0.25;

function stuttering(fault: Fault & { forMs: number; service?: Service }, kinds: readonly Verdict[]) {
  return (proxy: FaultProxy): (() => void) => proxy.judge(stutter(seeded(fault.forMs), share, kinds));
}

function loseCompletions({ method, path }: { method: string; path: string }): Verdict {
  return method === 'POST' && path === '/api/workers/completions' ? 'swallow' : 'pass';
}

/** `begin` answers what ends it. */
async function during(
  forMs: number,
  proxy: FaultProxy,
  begin: (proxy: FaultProxy) => () => void,
): Promise<string> {
  const before = { ...proxy.counts };
  const end = begin(proxy);
  await pause(forMs);
  end();
  const counts = Object.entries(proxy.counts).map(
    ([what, count]) => `${what} ${count - (before[what as keyof typeof before] ?? 0)}`,
  );
  return counts.filter((count) => !count.endsWith(' 0')).join(', ') || 'met nobody';
}

type Agent = ReturnType<typeof findAgents>[number];

async function onAgent(
  stage: Stage,
  pick: number,
  act: (agent: Agent) => string | Promise<string>,
): Promise<string> {
  const agents = findAgents(componentPid(stage, 'simulator'));
  const agent = agents[pick % Math.max(1, agents.length)];
  return agent ? act(agent) : 'met nobody';
}

function componentPid({ stack }: Stage, name: string): number {
  return stack.components.find((component) => component.name === name)!.pid;
}

/** A VM of the scale set. */
async function onMachine(
  { stack }: Stage,
  pick: number,
  act: (resourceId: string) => Promise<unknown>,
): Promise<string> {
  const { machines } = await control<{ machines: { resourceId: string }[] }>(stack, 'GET', 'resources');
  const ids = machines
    .map(({ resourceId }) => resourceId)
    .filter((id) => /virtualMachineScaleSets/i.test(id));
  const id = ids.sort()[pick % Math.max(1, ids.length)];
  if (id === undefined) return 'met nobody';
  await act(id);
  return id.slice(id.lastIndexOf('/') + 1);
}

/** Which process it is now is not known beforehand: it may have been started anew. */
async function killHost(stage: Stage, forMs: number): Promise<string> {
  const pid = stage.hostPid();
  if (pid === undefined) return 'met nobody';
  process.kill(pid, 'SIGKILL');
  await pause(forMs);
  await stage.startHost();
  return `killed ${pid}, started again`;
}

/** Every so often, as most messages lie for some milliseconds alone. */
async function onQueues(
  { direct: { queues } }: Stage,
  forMs: number,
  act: (queue: QueueClient) => Promise<number>,
): Promise<string> {
  let count = 0;
  for (const end = Date.now() + forMs; Date.now() < end; await pause(20)) {
    for await (const { name } of queues.listQueues()) {
      if (name.startsWith('work-') || name === completionsQueue)
        count += await act(queues.getQueueClient(name)).catch(() => 0);
    }
    if (count >= enough) break;
  }
  return `${count} messages`;
}

const enough = 20;

async function copyMessages(queue: QueueClient): Promise<number> {
  const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 8 });
  for (const { messageText } of peekedMessageItems)
    await queue.sendMessage(messageText, { messageTimeToLive: -1 });
  return peekedMessageItems.length;
}

/** As if their reader had gone: they are seen again, one delivery older. */
async function handBackMessages(queue: QueueClient): Promise<number> {
  const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 8, visibilityTimeout: 1 });
  return receivedMessageItems.length;
}
