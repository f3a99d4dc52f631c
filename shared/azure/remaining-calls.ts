import type { RemainingCallsObservation } from '../ports';

/** Names kept; Azure has some dozens, and one a resource of ours. */
const namesKept = 500;
const ownHeader = /^x-ms-ratelimit-remaining-(subscription|tenant)-/;
const resourceHeader = 'x-ms-ratelimit-remaining-resource';

interface Headers {
  forEach(visit: (value: string, name: string) => void): void;
}

/** What Azure said last, with each answer, of how many more calls it takes. As this instance of the app has seen it. */
export class RemainingCalls {
  private readonly seen = new Map<string, RemainingCallsObservation>();

  note(subscriptionId: string, headers: Headers): void {
    const at = new Date().toISOString();
    headers.forEach((value, header) => {
      const name = header.toLowerCase();
      if (ownHeader.test(name)) this.keep(subscriptionId, { name, remaining: Number(value), at });
      if (name !== resourceHeader) return;
      // Microsoft.Compute/GetVMScaleSetResource;35,Microsoft.Compute/GetVMScaleSetSubscriptionMaximum;2399
      for (const part of value.split(',')) {
        const [bucket, remaining] = part.trim().split(';');
        if (bucket) this.keep(subscriptionId, { name: bucket, remaining: Number(remaining), at });
      }
    });
  }

  list(subscriptionId: string): RemainingCallsObservation[] {
    const prefix = `${subscriptionId.toLowerCase()} `;
    const found = [...this.seen].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one);
    return found.sort((a, b) => a.name.localeCompare(b.name));
  }

  private keep(subscriptionId: string, observation: RemainingCallsObservation): void {
    if (!Number.isFinite(observation.remaining)) return;
    const key = `${subscriptionId.toLowerCase()} ${observation.name}`;
    this.seen.delete(key);
    this.seen.set(key, observation);
    const oldest = this.seen.keys().next().value;
    if (this.seen.size > namesKept && oldest !== undefined) this.seen.delete(oldest);
  }
}
