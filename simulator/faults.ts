import type { ErrorDetail } from './resource-manager/errors';

/** One injected fault, as given to POST /control/faults. */
export interface FaultRequest {
  /** 'virtualMachineScaleSets.createOrUpdate', or a regular expression over 'METHOD /path?query'. */
  operation: string;
  /** How many matching calls it hits; absent: all. */
  count?: number;
  /** Matching calls to let pass before the first hit. */
  skip?: number;
  /** 0 to 1, decided by a generator seeded with `seed`; absent: always. */
  probability?: number;
  seed?: number;
  status?: number;
  code?: string;
  message?: string;
  retryAfterSeconds?: number;
  delayMs?: number;
  /** Does the work, then answers `status` if given (500 and the like), else destroys the connection. */
  dropAnswer?: boolean;
  /** Lets the call be accepted and its asynchronous operation end Failed with this error, without the work. */
  asyncError?: ErrorDetail;
}

export interface Fault extends FaultRequest {
  id: string;
  hits: number;
  seen: number;
}

/** mulberry32: small, seeded, good enough to choose victims reproducibly. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class FaultBook {
  private readonly faults: { fault: Fault; random: () => number }[] = [];
  private sequence = 0;

  add(request: FaultRequest): Fault {
    const fault: Fault = { ...request, id: `fault-${++this.sequence}`, hits: 0, seen: 0 };
    if (!isOperationName(request.operation)) new RegExp(request.operation, 'i');
    this.faults.push({ fault, random: seededRandom(request.seed ?? 1) });
    return fault;
  }

  list(): Fault[] {
    return this.faults.map(({ fault }) => fault);
  }

  clear(): void {
    this.faults.length = 0;
  }

  /** The first fault that hits this call, counted as used. */
  strike(call: { operationName: string; method: string; url: string }): Fault | undefined {
    for (const { fault, random } of this.faults) {
      if (!matches(fault.operation, call)) continue;
      fault.seen += 1;
      if (fault.seen <= (fault.skip ?? 0)) continue;
      if (fault.count !== undefined && fault.hits >= fault.count) continue;
      if (fault.probability !== undefined && random() >= fault.probability) continue;
      fault.hits += 1;
      return fault;
    }
    return undefined;
  }
}

function isOperationName(operation: string): boolean {
  return /^[A-Za-z/]+\.[A-Za-z]+$/.test(operation);
}

function matches(operation: string, call: { operationName: string; method: string; url: string }): boolean {
  if (isOperationName(operation)) return operation.toLowerCase() === call.operationName.toLowerCase();
  return new RegExp(operation, 'i').test(`${call.method} ${call.url}`);
}
