import { ImdsError } from './errors';

/** A token bucket as IMDS's published limits: requests a second, with room for a burst. */
export class RateLimit {
  private tokens: number;
  private refilledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly now: () => number,
  ) {
    this.tokens = burst;
    this.refilledAt = now();
  }

  take(): void {
    const now = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.refilledAt) / 1000) * this.perSecond);
    this.refilledAt = now;
    if (this.tokens < 1) throw new ImdsError(429, { error: 'Too many requests' }, { 'Retry-After': '1' });
    this.tokens -= 1;
  }
}
