import { answerQuota, type QuotaQuestion, type Usage } from '../../../shared/domain';

const usage = (name: string, currentValue: number, limit: number): Usage => ({
  name,
  localizedName: `the ${name}`,
  currentValue,
  limit,
});
const size = { name: 'Standard_D4s_v5', family: 'standardDSv5Family', vCpus: 4 };
const plenty = [
  usage('standardDSv5Family', 0, 100),
  usage('cores', 0, 200),
  usage('lowPriorityCores', 0, 40),
  usage('virtualMachines', 0, 100),
];
const replaced = (...changed: Usage[]): Usage[] =>
  plenty.map((one) => changed.find((other) => other.name === one.name) ?? one);
const ask = (changes: Partial<QuotaQuestion>) =>
  answerQuota({ location: 'westeurope', size, count: 10, priority: 'Regular', usages: plenty, ...changes });

describe('answerQuota', () => {
  test('VMs that fit, fit, and the room is what the tightest limit leaves', () => {
    expect(ask({})).toMatchObject({
      fits: true,
      room: 25,
      message: '10 VMs of Standard_D4s_v5 (4 vCPUs each) in westeurope fit.',
    });
  });

  test('exactly what is left still fits; one more does not', () => {
    expect(ask({ count: 25 }).fits).toBe(true);
    expect(ask({ count: 26 })).toMatchObject({ fits: false, room: 25 });
  });

  test('a regular VM is held to its family', () => {
    const answer = ask({ usages: replaced(usage('standardDSv5Family', 96, 100)) });
    expect(answer).toMatchObject({ fits: false, room: 1 });
    expect(answer.message).toContain('the standardDSv5Family: short by 36 (96 of 100 used, 40 more needed)');
    expect(answer.message).not.toContain('the cores');
  });

  test('and to the total of the region', () => {
    expect(ask({ usages: replaced(usage('cores', 190, 200)) })).toMatchObject({ fits: false, room: 2 });
  });

  test('a Spot VM is held to the low-priority cores alone', () => {
    const usages = replaced(usage('standardDSv5Family', 100, 100), usage('cores', 200, 200));
    expect(ask({ usages, priority: 'Spot' })).toMatchObject({ fits: true, room: 10 });
    expect(ask({ usages, priority: 'Spot', count: 11 })).toMatchObject({ fits: false, room: 10 });
  });

  test('both are held to the number of VMs', () => {
    expect(ask({ priority: 'Spot', usages: replaced(usage('virtualMachines', 95, 100)) })).toMatchObject({
      fits: false,
      room: 5,
    });
  });

  test('every limit that is short is named', () => {
    const answer = ask({ usages: replaced(usage('standardDSv5Family', 100, 100), usage('cores', 200, 200)) });
    expect(answer.limits.filter((limit) => limit.shortBy > 0).map((limit) => limit.name)).toEqual([
      'standardDSv5Family',
      'cores',
    ]);
    expect(answer).toMatchObject({ room: 0 });
  });

  test('usage above the limit leaves no room, not a negative one', () => {
    expect(ask({ usages: replaced(usage('cores', 300, 200)) }).room).toBe(0);
  });

  test('names of families are compared without case; a limit Azure does not list does not bind', () => {
    expect(ask({ usages: [usage('STANDARDDSV5FAMILY', 98, 100)] })).toMatchObject({ fits: false, room: 0 });
    expect(ask({ usages: [] })).toMatchObject({ fits: true, room: 10, limits: [] });
  });
});
