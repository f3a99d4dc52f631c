import { createSteppedClock, createSystemClock } from '../../../host/durable';
import { Timers } from '../../../host/durable/timers';
import { until } from './engine-fixture';

describe('the stepped clock', () => {
  it('stands still until it is stepped, then calls what is due in order of time', async () => {
    const clock = createSteppedClock(1_000);
    const called: string[] = [];
    clock.at(1_300, () => called.push('late'));
    clock.at(1_100, () => called.push('early'));
    const cancel = clock.at(1_200, () => called.push('cancelled'));
    cancel();
    clock.advance(99);
    expect([clock.now(), called]).toEqual([1_099, []]);
    clock.advance(500);
    await until(() => called.length === 2);
    expect(called).toEqual(['early', 'late']);
  });

  it('calls at once what is due already', async () => {
    const clock = createSteppedClock(1_000);
    let isCalled = false;
    clock.at(999, () => (isCalled = true));
    await until(() => isCalled);
  });
});

describe('the system clock', () => {
  it('runs faster by its scale, its timers too', async () => {
    const clock = createSystemClock({ scale: 100_000 });
    const begun = clock.now();
    let calledAt = 0;
    clock.at(begun + 60_000, () => (calledAt = clock.now()));
    await until(() => calledAt > 0, 5_000);
    expect(calledAt - begun).toBeGreaterThanOrEqual(60_000);
  });

  it('notices that the time has jumped past an alarm', async () => {
    const real = Date.now;
    let jump = 0;
    const spy = jest.spyOn(Date, 'now').mockImplementation(() => real() + jump);
    const clock = createSystemClock();
    let isCalled = false;
    clock.at(clock.now() + 3_600_000, () => (isCalled = true));
    jump = 3_600_001;
    await until(() => isCalled, 1_000_000_000);
    spy.mockRestore();
  });
});

describe('timers', () => {
  it('fires thousands in order of time, and none that was cancelled', async () => {
    const clock = createSteppedClock(0);
    const fired: number[] = [];
    const timers = new Timers(clock, (timer) => fired.push(timer.fireAt));
    const times = Array.from({ length: 5_000 }, (_, index) => ((index * 7_919) % 5_000) + 1);
    timers.add(times.map((fireAt, task) => ({ key: 1, task, fireAt })));
    times.forEach((time, task) => time % 3 !== 0 && timers.cancel(1, task));
    clock.advance(2_500);
    const due = times.filter((time) => time % 3 === 0 && time <= 2_500).sort((a, b) => a - b);
    await until(() => fired.length >= due.length);
    expect(fired).toEqual(due);
    timers.stop();
  });
});
