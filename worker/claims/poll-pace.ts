export interface PollLimits {
  hotPollMs: number;
  idlePollMs: number;
  looksPerHour: number;
}

const hourMs = 3_600_000;
/** A VM that has been idle for a while looks again after such a part of it: a job then waits for a fortieth of that time on the average. */
const partOfIdleTime = 1 / 20;
/** Looks that a VM may have saved up: of so many hours without any. */
const savedHours = 6;

/**
 * When to look again after an empty look: soon after work often, as the next job of the same user mostly comes soon, then ever more seldom.
 * Each look is a paid transaction, so looks that were not taken are saved up for later, and the average is never above `looksPerHour`, save
 * for what was saved up.
 */
export class PollPace {
  #saved: number;
  #savedAt: number;
  #workedAt = -Infinity;

  constructor(
    readonly limits: PollLimits,
    now: number = Date.now(),
  ) {
    this.#saved = this.#most;
    this.#savedAt = now;
  }

  /** There is work, or was until now. */
  worked(now: number = Date.now()): void {
    this.#workedAt = now;
  }

  /** Pause after so many queues were found empty, in ms; up to a quarter more at random, so that VMs do not look in step. */
  pauseMs(looks: number, now: number = Date.now(), random: number = Math.random()): number {
    const { hotPollMs, idlePollMs, looksPerHour } = this.limits;
    const earned = ((now - this.#savedAt) / hourMs) * looksPerHour;
    this.#saved = Math.min(this.#most, this.#saved + earned) - looks;
    this.#savedAt = now;
    const wishedMs = Math.min(Math.max((now - this.#workedAt) * partOfIdleTime, hotPollMs), idlePollMs);
    const earnedInMs = this.#saved >= looks ? 0 : ((looks - this.#saved) / looksPerHour) * hourMs;
    return Math.max(wishedMs, earnedInMs) * (1 + random / 4);
  }

  get #most(): number {
    return this.limits.looksPerHour * savedHours;
  }
}
