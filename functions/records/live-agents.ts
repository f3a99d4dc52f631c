import { ownerKey, type Owner } from '../../shared/contracts';
import { isAtWork, observeAgent, type AgentRow } from '../../shared/domain';
import type { App } from '../app';
import { Readings } from './readings';
import { listAgents } from './resources';

const readings = new WeakMap<App, Readings<AgentRow[]>>();

/** The agents of an owner, no older than half a second. */
export function readShared(app: App, owner: Owner): Promise<AgentRow[]> {
  const ofApp = readings.get(app) ?? new Readings<AgentRow[]>(500);
  readings.set(app, ofApp);
  return ofApp.read(ownerKey(owner), () => listAgents(app.records, owner));
}

/** Workers of an owner that are at work: all, and those whose command is ready (without one, all). */
export interface WorkerCounts {
  vms: number;
  ready: number;
}

/** How many VMs of an owner are at work now; `isShared`: or were so half a second ago. */
export async function countAtWork(
  app: App,
  owner: Owner,
  options: { workersPerInstance: number; hasCommand: boolean; isShared?: boolean },
): Promise<WorkerCounts> {
  const { workersPerInstance, hasCommand, isShared = false } = options;
  const agents = await (isShared ? readShared(app, owner) : listAgents(app.records, owner));
  const now = app.clock.now();
  const atWork = agents.filter((agent) => isAtWork(observeAgent(agent, now)));
  const readyOf = (agent: AgentRow): number =>
    Object.values(agent.commands ?? {}).filter((command) => command.state === 'ready').length;
  const ready = hasCommand
    ? atWork.reduce((sum, agent) => sum + readyOf(agent), 0)
    : atWork.length * workersPerInstance;
  return { vms: atWork.length, ready };
}
