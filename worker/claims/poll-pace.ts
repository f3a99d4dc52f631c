export interface PollLimits {
  hotPollMs: number;
  idlePollMs: number;
  looksPerHour: number;
}

const hourMs = 3_600_000;
/** How long after its last work a VM looks often: the next job of the same user mostly comes soon. */
const hotForMs = 20_000;
/** Looks that a VM may have saved up: so many minutes of looking often. */
const savedHours = 0.5;

/**
 * When to look again after an empty look: soon after work often, otherwise seldom. Each look is a paid transaction, so looks that were not
 * taken are saved up for later, and the average is never above `looksPerHour`, save for what was saved up.
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

  /** There was work. Its look is paid by it. */
  worked(now: number = Date.now()): void {
    this.#workedAt = now;
  }

  /** Pause after so many queues were found empty, in ms; up to a quarter more at random, so that VMs do not look in step. */
  pauseMs(looks: number, now: number = Date.now(), random: number = Math.random()): number {
    const { hotPollMs, idlePollMs, looksPerHour } = this.limits;
    const earned = ((now - this.#savedAt) / hourMs) * looksPerHour;
    this.#saved = Math.min(this.#most, this.#saved + earned) - looks;
    this.#savedAt = now;
    const isHot = now - this.#workedAt < hotForMs;
    const wishedMs = isHot ? Math.min(hotPollMs, idlePollMs) : idlePollMs;
    const earnedInMs = this.#saved >= looks ? 0 : ((looks - this.#saved) / looksPerHour) * hourMs;
    return Math.max(wishedMs, earnedInMs) * (1 + random / 4);
  }

  get #most(): number {
    return this.limits.looksPerHour * savedHours;
  }
}
