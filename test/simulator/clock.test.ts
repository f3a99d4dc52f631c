import { AdjustableClock } from '../../simulator/clock';

let clock: AdjustableClock;

beforeEach(() => {
  clock = new AdjustableClock();
});

afterEach(() => clock.close());

test('alarms ring in order of their time when the clock is advanced, and later ones wait', async () => {
  const rung: string[] = [];
  const start = clock.now();
  clock.at(start + 20_000, () => rung.push('second'));
  clock.at(start + 10_000, () => rung.push('first'));
  clock.at(start + 90_000, () => rung.push('third'));
  await clock.advance(60_000);
  expect(rung).toEqual(['first', 'second']);
});

test('sleeps that follow one another take their time one after the other', async () => {
  const start = clock.now();
  let woke = 0;
  void clock
    .sleep(10_000)
    .then(() => clock.sleep(10_000))
    .then(() => (woke = clock.now()));
  await clock.advance(15_000);
  expect(woke).toBe(0);
  await clock.advance(15_000);
  expect(woke - start).toBeGreaterThanOrEqual(20_000);
  expect(woke - start).toBeLessThan(21_000);
});

test('a cancelled alarm does not ring', async () => {
  let rang = false;
  const cancel = clock.at(clock.now() + 1000, () => (rang = true));
  cancel();
  await clock.advance(2000);
  expect(rang).toBe(false);
});

test('a scaled clock runs that much faster', async () => {
  const start = clock.now();
  clock.setScale(10_000);
  await clock.sleep(60_000);
  expect(clock.now() - start).toBeGreaterThanOrEqual(60_000);
});
