import type { Owner } from '../../shared/contracts';
import type { BootLogs } from '../../shared/ports';

export function defineBootLogsContract(name: string, make: () => Promise<BootLogs>): void {
  let logs: BootLogs;
  let made = 0;
  let owner: Owner;
  beforeAll(async () => {
    logs = await make();
  });
  beforeEach(async () => {
    owner = { kind: 'scale-set', name: `boots-${made++}`, incarnation: 'eeeeeeee' };
    await logs.prepare(owner);
  });
  const append = (offset: number, text: string) => logs.append(owner, 'vm-1', { offset, text });

  describe(`${name}: boot logs`, () => {
    test('grow part by part, and may hold any text', async () => {
      expect(await append(0, 'a boot ä\n')).toBe(10);
      expect(await append(10, 'goes on\n')).toBe(18);
      expect(await logs.read(owner, 'vm-1', 'reported')).toBe('a boot ä\ngoes on\n');
    });

    test('keep a part once, and answer where the next one belongs', async () => {
      await append(0, 'one\n');
      expect(await append(0, 'one\n')).toBe(4);
      expect(await append(9, 'later\n')).toBe(4);
      expect(await logs.read(owner, 'vm-1', 'reported')).toBe('one\n');
    });

    test('begin anew where the log is not there', async () => {
      expect(await append(7, 'the middle\n')).toBe(0);
      expect(await logs.read(owner, 'vm-1', 'reported')).toBeUndefined();
    });

    test('may be empty', async () => {
      expect(await append(0, '')).toBe(0);
      expect(await logs.read(owner, 'vm-1', 'reported')).toBe('');
    });

    test('keep the console as it was last, beside what was reported', async () => {
      await append(0, 'told\n');
      await logs.keepConsole(owner, 'vm-1', 'first');
      await logs.keepConsole(owner, 'vm-1', 'second');
      expect(await logs.read(owner, 'vm-1', 'console')).toBe('second');
      expect(await logs.list(owner)).toEqual([
        { vmName: 'vm-1', source: 'console', bytes: 6, updatedAt: expect.any(String) },
        { vmName: 'vm-1', source: 'reported', bytes: 5, updatedAt: expect.any(String) },
      ]);
    });

    test('of an owner that never stored anything are none', async () => {
      const nobody = { ...owner, incarnation: 'ffffffff' };
      expect(await logs.list(nobody)).toEqual([]);
      expect(await logs.read(nobody, 'vm-1', 'console')).toBeUndefined();
    });
  });
}
