import type { AdjustableClock } from '../clock';
import { ArmError } from './errors';
import type { ArmCall, Method, ProviderOperation } from './provider';

interface Rate {
  capacity: number;
  refillPerSecond: number;
}

/** Azure Resource Manager's own buckets, by principal (learn.microsoft.com, request-limits-and-throttling). */
const ARM_RATES: Record<'reads' | 'writes' | 'deletes', Rate> = {
  reads: { capacity: 250, refillPerSecond: 25 },
  writes: { capacity: 200, refillPerSecond: 10 },
  deletes: { capacity: 200, refillPerSecond: 10 },
};

function perMinute(refill: number, capacity: number): Rate {
  return { capacity, refillPerSecond: refill / 60 };
}

/** The compute provider's buckets (azure-compute-docs, compute-throttling-limits.md). */
const COMPUTE_RATES: Record<string, { resource?: Rate; subscription: Rate }> = {
  CreateVMScaleSet: { resource: perMinute(4, 12), subscription: perMinute(125, 375) },
  UpdateVMScaleSet: { resource: perMinute(4, 12), subscription: perMinute(500, 1500) },
  DeleteVMScaleSet: { resource: perMinute(4, 12), subscription: perMinute(175, 525) },
  VMScaleSetActions: { resource: perMinute(4, 12), subscription: perMinute(500, 1500) },
  GetVMScaleSet: { resource: perMinute(12, 36), subscription: perMinute(800, 2400) },
  HighCostGetVMScaleSet: { resource: perMinute(10, 30), subscription: perMinute(360, 1080) },
  UpdateVMScaleSetVM: { resource: perMinute(4, 12), subscription: perMinute(500, 1500) },
  DeleteVMScaleSetVM: { resource: perMinute(4, 12), subscription: perMinute(500, 1500) },
  GetVMScaleSetVM: { resource: perMinute(12, 36), subscription: perMinute(8000, 24000) },
  UpdateVM: { resource: perMinute(4, 12), subscription: perMinute(500, 1500) },
  DeleteVM: { resource: perMinute(4, 12), subscription: perMinute(500, 1500) },
  GetVM: { resource: perMinute(12, 36), subscription: perMinute(8000, 24000) },
  HighCostGet: { subscription: perMinute(300, 900) },
  GetOperation: { resource: perMinute(15, 45), subscription: perMinute(5000, 15000) },
};

/** Buckets that have been full for long are forgotten beyond this number. */
const KEPT_BUCKETS = 50_000;

class Bucket {
  private tokens: number;

  constructor(
    private readonly rate: Rate,
    private at: number,
  ) {
    this.tokens = rate.capacity;
  }

  /** Milliseconds to wait, 0 when a token was there and has been taken. */
  take(now: number): number {
    this.tokens = Math.min(
      this.rate.capacity,
      this.tokens + ((now - this.at) / 1000) * this.rate.refillPerSecond,
    );
    this.at = now;
    if (this.tokens < 1) return ((1 - this.tokens) / this.rate.refillPerSecond) * 1000;
    this.tokens -= 1;
    return 0;
  }

  remaining(): number {
    return Math.floor(this.tokens);
  }
}

/**
 * Token buckets. `factor` multiplies every rate: 1 is Azure's own pace, 60 (the default) lets a simulated second,
 * in which operations end that take Azure a minute, count as a minute; 0 switches throttling off.
 */
export class Throttle {
  private buckets = new Map<string, Bucket>();

  constructor(
    private readonly clock: AdjustableClock,
    private factor: number,
  ) {}

  setFactor(factor: number): void {
    this.factor = factor;
    this.buckets = new Map();
  }

  /** Takes a token of ARM's bucket; returns the headers that tell how many remain. */
  admit(principal: string, method: Method): Record<string, string> {
    const kind = method === 'GET' || method === 'HEAD' ? 'reads' : method === 'DELETE' ? 'deletes' : 'writes';
    const header = `x-ms-ratelimit-remaining-subscription-${kind}`;
    const { waitMs, remaining } = this.take(`${principal}/${kind}`, ARM_RATES[kind]);
    if (waitMs > 0) {
      const message = `Number of '${kind}' requests for subscription exceeded the limit. Please try again after '${seconds(waitMs)}' seconds.`;
      throw new ArmError(429, 'SubscriptionRequestsThrottled', {
        message,
        headers: { 'Retry-After': seconds(waitMs), [header]: '0' },
      });
    }
    return { [header]: String(remaining) };
  }

  /** The compute provider's own limits, by resource and by subscription. */
  admitToCompute(operation: ProviderOperation, call: ArmCall): Record<string, string> {
    const group = typeof operation.bucket === 'function' ? operation.bucket(call) : operation.bucket;
    const rates = group === undefined ? undefined : COMPUTE_RATES[group];
    if (!group || !rates) return {};
    const whole = this.take(`subscription/${group}`, rates.subscription);
    const one = rates.resource ? this.take(`${call.path.toLowerCase()}/${group}`, rates.resource) : undefined;
    const waitMs = Math.max(whole.waitMs, one?.waitMs ?? 0);
    if (waitMs > 0)
      throw computeThrottled(group, waitMs, Math.round(rates.subscription.capacity * this.factor));
    const shown = [`Microsoft.Compute/${group}SubscriptionMaximum;${whole.remaining}`];
    if (one) shown.push(`Microsoft.Compute/${group}Resource;${one.remaining}`);
    return { 'x-ms-ratelimit-remaining-resource': shown.join(',') };
  }

  private take(key: string, rate: Rate): { waitMs: number; remaining: number } {
    if (this.factor === 0) return { waitMs: 0, remaining: rate.capacity };
    let bucket = this.buckets.get(key);
    if (!bucket) {
      if (this.buckets.size > KEPT_BUCKETS) this.buckets = new Map();
      const scaled = {
        capacity: rate.capacity * this.factor,
        refillPerSecond: rate.refillPerSecond * this.factor,
      };
      bucket = new Bucket(scaled, this.clock.now());
      this.buckets.set(key, bucket);
    }
    return { waitMs: bucket.take(this.clock.now()), remaining: bucket.remaining() };
  }
}

function seconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
}

/** Compute says OperationNotAllowed here too: only the status and the details tell it from a quota error. */
function computeThrottled(group: string, waitMs: number, allowed: number): ArmError {
  const now = new Date().toISOString();
  const measured = {
    operationGroup: group,
    startTime: now,
    endTime: now,
    allowedRequestCount: allowed,
    measuredRequestCount: allowed + 1,
  };
  const details = [{ code: 'TooManyRequests', target: group, message: JSON.stringify(measured) }];
  const message =
    'The server rejected the request because too many requests have been received for this subscription.';
  return new ArmError(429, 'OperationNotAllowed', {
    message,
    details,
    headers: { 'Retry-After': seconds(waitMs) },
  });
}
