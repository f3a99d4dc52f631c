import type { ActivityHandler } from 'durable-functions';
import { orchestrators } from '../../orchestrators';
import { createFixture, until, type Fixture } from '../host/durable/engine-fixture';

/** The real orchestrators on the real embedded engine, with a clock that stands still until it is stepped. */
export interface SteppedRun extends Pick<Fixture, 'engine' | 'clock' | 'restart' | 'close'> {
  /** Steps the clock until `condition` holds; fails after `hours` of stepped time. */
  stepUntil(condition: () => boolean, options?: { hours?: number }): Promise<void>;
  /** Steps the clock by this much, letting what is due happen each second. */
  step(milliseconds: number): Promise<void>;
}

/** Of real time, for a stretch of stepped time; a loaded machine takes some. */
const realLimitMs = 25_000;

export async function startSteppedRun(
  activitiesAt: (now: () => number) => Record<string, ActivityHandler>,
): Promise<SteppedRun> {
  let looks = 0;
  let now = (): number => 0;
  const counted = Object.fromEntries(
    Object.entries(activitiesAt(() => now())).map(([name, act]): [string, ActivityHandler] => [
      name,
      (input, context) => {
        looks++;
        return act(input, context) as unknown;
      },
    ]),
  );
  const fixture = await createFixture({ orchestrators, activities: counted });
  now = () => fixture.clock.now();

  /** Nothing is under way when a stretch of event-loop rounds went by without an activity. */
  const settle = async (): Promise<void> => {
    for (let quiet = 0, seen = looks; quiet < 12; seen === looks ? quiet++ : (quiet = 0)) {
      seen = looks;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const run: SteppedRun = {
    get engine() {
      return fixture.engine;
    },
    clock: fixture.clock,
    restart: (app) => fixture.restart(app),
    close: () => fixture.close(),
    async step(milliseconds) {
      for (let left = milliseconds; left > 0; left -= 1000) {
        await settle();
        fixture.clock.advance(Math.min(left, 1000));
      }
      await settle();
    },
    async stepUntil(condition, { hours = 1 } = {}) {
      const end = fixture.clock.now() + hours * 3_600_000;
      const isOver = (): boolean => condition() || fixture.clock.now() >= end;
      await until(async () => {
        await settle();
        if (!isOver()) fixture.clock.advance(1000);
        return isOver();
      }, realLimitMs);
      if (!condition()) throw new Error(`It did not come true within ${hours} h of the stepped clock.`);
    },
  };
  return run;
}
