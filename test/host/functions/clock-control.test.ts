import { ClockControl } from '../../../host/functions/clock-control';

describe('the controlled clock', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('runs with the machine until it is told otherwise', async () => {
    const clock = new ClockControl();
    const start = clock.now();
    await jest.advanceTimersByTimeAsync(5000);
    expect(clock.now() - start).toBe(5000);
  });

  test('a step calls back what has become due, in order of time', async () => {
    const clock = new ClockControl();
    const called: string[] = [];
    clock.at(clock.now() + 7_200_000, () => called.push('two hours'));
    clock.at(clock.now() + 3_600_000, () => called.push('one hour'));
    clock.at(clock.now() + 86_400_000, () => called.push('a day'));
    clock.apply({ advanceMs: 10_000_000 });
    await jest.advanceTimersByTimeAsync(1);
    expect(called).toEqual(['one hour', 'two hours']);
  });

  test('a scale makes hours pass in seconds, without a jump at the change', async () => {
    const clock = new ClockControl();
    const before = clock.now();
    clock.apply({ scale: 3600 });
    expect(clock.now()).toBe(before);
    let called = false;
    clock.at(before + 3_600_000, () => (called = true));
    await jest.advanceTimersByTimeAsync(999);
    expect(called).toBe(false);
    await jest.advanceTimersByTimeAsync(2);
    expect(called).toBe(true);
  });

  test('what was cancelled is not called', async () => {
    const clock = new ClockControl();
    const called: string[] = [];
    const cancel = clock.at(clock.now() + 100, () => called.push('cancelled'));
    clock.at(clock.now() + 200, () => called.push('kept'));
    cancel();
    await jest.advanceTimersByTimeAsync(300);
    expect(called).toEqual(['kept']);
  });

  test('ten thousand alarms are set and called in reasonable time', async () => {
    const clock = new ClockControl();
    let called = 0;
    for (let index = 0; index < 10_000; index += 1)
      clock.at(clock.now() + 1000 + (index % 100), () => (called += 1));
    await jest.advanceTimersByTimeAsync(1200);
    expect(called).toBe(10_000);
  });

  test.each([{ advanceMs: -1 }, { advanceMs: 'x' }, { scale: 0 }, { scale: -2 }, { scale: 1e9 }])(
    '%j is refused and changes nothing',
    (body) => {
      const clock = new ClockControl();
      const before = clock.now();
      expect(clock.apply(body)).toMatch(/must be/);
      expect([clock.now(), clock.scale]).toEqual([before, 1]);
    },
  );
});
