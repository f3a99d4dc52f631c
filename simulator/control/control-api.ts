import type { Azure } from '../azure';
import type { CallLog } from '../call-log';
import type { FaultBook, FaultRequest } from '../faults';
import type { AllocationRule } from '../providers/Microsoft.Compute/allocation';
import type { VirtualMachine } from '../providers/Microsoft.Compute/models';
import { evict, EVICTION_NOTICE_MS, powerOff } from '../providers/Microsoft.Compute/vm-power';
import type { SideEndpoint, SideReply, SideRequest } from '../resource-manager/side-endpoint';
import type { Throttle } from '../resource-manager/throttle';
import { inventory } from './inventory';
import { checked, ControlError, isNonNegative, type Rules } from './control-input';
import { seed, type SeedRequest } from './seed';

export interface ControlParts {
  azure: Azure;
  faults: FaultBook;
  calls: CallLog;
  throttle: Throttle;
}

type Handler = (parts: ControlParts, body: Record<string, unknown>) => unknown;

interface Route {
  rules?: Rules;
  handle: Handler;
}

async function moveClock({ azure }: ControlParts, body: Record<string, unknown>): Promise<unknown> {
  const { advanceMs, scale } = body as { advanceMs?: number; scale?: number };
  if (scale !== undefined) azure.clock.setScale(scale);
  if (advanceMs !== undefined) await azure.clock.advance(advanceMs);
  return { now: new Date(azure.clock.now()).toISOString(), scale: azure.clock.scale() };
}

function setDelays({ azure }: ControlParts, body: Record<string, unknown>): unknown {
  const { bootDelayMs, operationDelayMs } = body as { bootDelayMs?: number; operationDelayMs?: number };
  if (bootDelayMs !== undefined) azure.settings.bootDelayMs = bootDelayMs;
  if (operationDelayMs !== undefined) azure.operations.delayMs = operationDelayMs;
  return { bootDelayMs: azure.settings.bootDelayMs, operationDelayMs: azure.operations.delayMs };
}

function findMachine(azure: Azure, resourceId: string): VirtualMachine {
  const vm = azure.store.find<VirtualMachine>(resourceId);
  if (vm && /\/virtualMachines$/i.test(vm.type)) return vm;
  throw new ControlError(404, `There is no virtual machine ${resourceId}.`);
}

/** The plug is pulled: its processes end at once, and Azure goes on listing it. */
async function pullPlug({ azure }: ControlParts, body: Record<string, unknown>): Promise<unknown> {
  const vm = findMachine(azure, (body as { resourceId: string }).resourceId);
  await powerOff(azure, vm, 'stopped');
  return { resourceId: vm.id };
}

function startEviction({ azure }: ControlParts, body: Record<string, unknown>): unknown {
  const { resourceId, noticeMs = EVICTION_NOTICE_MS } = body as { resourceId: string; noticeMs?: number };
  const vm = findMachine(azure, resourceId);
  void evict(azure, vm, noticeMs).catch((error: unknown) =>
    process.stderr.write(`simulator: eviction of ${vm.id}: ${String(error)}\n`),
  );
  return { resourceId: vm.id, noticeMs };
}

function addFault({ faults }: ControlParts, body: Record<string, unknown>): unknown {
  try {
    return faults.add(body as unknown as FaultRequest);
  } catch (error) {
    throw new ControlError(400, `operation: ${(error as Error).message}`);
  }
}

const ROUTES: Record<string, Route> = {
  'GET resources': { handle: ({ azure }) => inventory(azure) },
  'GET calls': { handle: ({ calls }) => ({ calls: calls.list(), counts: calls.countsByOperation() }) },
  'DELETE calls': { handle: ({ calls }) => calls.clear() },
  'GET clock': { handle: (parts) => moveClock(parts, {}) },
  'POST clock': {
    rules: {
      advanceMs: isNonNegative,
      scale: (value) => (typeof value === 'number' && value > 0 ? undefined : 'a number above 0'),
    },
    handle: moveClock,
  },
  'POST boot-delay': {
    rules: { bootDelayMs: isNonNegative, operationDelayMs: isNonNegative },
    handle: setDelays,
  },
  'GET faults': { handle: ({ faults }) => ({ faults: faults.list() }) },
  'DELETE faults': { handle: ({ faults }) => faults.clear() },
  'POST faults': {
    rules: {
      operation: 'string!',
      count: isNonNegative,
      skip: isNonNegative,
      probability: (value) =>
        typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1',
      seed: isNonNegative,
      status: (value) =>
        Number.isInteger(value) && Number(value) >= 400 && Number(value) < 600
          ? undefined
          : 'a status from 400 to 599',
      code: 'string',
      message: 'string',
      retryAfterSeconds: isNonNegative,
      delayMs: isNonNegative,
      dropAnswer: 'boolean',
      asyncError: 'object',
    },
    handle: addFault,
  },
  'POST evict': { rules: { resourceId: 'string!', noticeMs: isNonNegative }, handle: startEviction },
  'POST pull-plug': { rules: { resourceId: 'string!' }, handle: pullPlug },
  'POST quota': {
    rules: { location: 'string!', name: 'string!', limit: isNonNegative },
    handle: ({ azure }, body) => {
      const { location, name, limit } = body as { location: string; name: string; limit: number };
      azure.quota.setLimit(location, name, limit);
      return { location, name, limit };
    },
  },
  'GET allocation': { handle: ({ azure }) => ({ rules: azure.allocation.list() }) },
  'POST allocation': {
    rules: {
      location: 'string!',
      size: 'string!',
      zone: 'string',
      priority: 'string',
      available: (value) =>
        typeof value === 'boolean' || isNonNegative(value) === undefined
          ? undefined
          : 'a boolean or a number',
      restricted: 'boolean',
    },
    handle: ({ azure }, body) => {
      azure.allocation.set({ available: true, ...body } as unknown as AllocationRule);
      return { rules: azure.allocation.list() };
    },
  },
  'POST throttle': {
    rules: { factor: isNonNegative },
    handle: ({ throttle }, body) => {
      const factor = (body as { factor?: number }).factor ?? 1;
      throttle.setFactor(factor);
      return { factor };
    },
  },
  'POST seed': {
    rules: {
      resourceGroup: 'string',
      location: 'string',
      virtualNetwork: 'string',
      subnet: 'string',
      addressPrefix: 'string',
      gallery: 'string',
      image: 'string',
    },
    handle: ({ azure }, body) => seed(azure, body as SeedRequest),
  },
};

const PREFIX = '/control';

/** The simulator's own remote control; not part of Azure, and absent unless asked for with --control. */
export function controlApi(parts: ControlParts): SideEndpoint {
  return (request) => {
    const { pathname } = request.url;
    if (pathname !== PREFIX && !pathname.startsWith(`${PREFIX}/`)) return undefined;
    return answer(parts, request, pathname.slice(PREFIX.length + 1));
  };
}

async function answer(parts: ControlParts, request: SideRequest, name: string): Promise<SideReply> {
  const route = ROUTES[`${request.method} ${name}`];
  if (!route)
    return fail(
      404,
      `There is no ${request.method} /control/${name}. There are: ${Object.keys(ROUTES).join(', ')}.`,
    );
  try {
    const result = await route.handle(parts, checked(request.body, route.rules ?? {}));
    return result === undefined ? { status: 204 } : { status: 200, body: result };
  } catch (error) {
    if (error instanceof ControlError) return fail(error.status, error.message);
    throw error;
  }
}

function fail(status: number, message: string): SideReply {
  return { status, body: { error: { code: status === 404 ? 'NotFound' : 'BadRequest', message } } };
}
