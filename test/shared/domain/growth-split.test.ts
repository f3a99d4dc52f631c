import { ScaleSetTemplate } from '../../../shared/contracts';
import { answerGrowth, growthSplit } from '../../../shared/domain';
import { fullScaleSet } from '../azure/full-templates';

type Mix = { baseRegularPriorityCount?: number; regularPriorityPercentageAboveBase?: number };
function template(priority: 'Spot' | 'Regular', mix?: Mix): ScaleSetTemplate {
  const full = ScaleSetTemplate.parse({ value: fullScaleSet('Flexible') });
  full.value.properties.virtualMachineProfile.priority = priority;
  full.value.properties.priorityMixPolicy = mix;
  return full;
}
const mix = { baseRegularPriorityCount: 10, regularPriorityPercentageAboveBase: 50 };

describe('of the next VMs of a set', () => {
  test.each([
    ['all are regular', template('Regular'), { total: 0, regular: 0 }, null, 5, { regular: 5, spot: 0 }],
    ['all are Spot', template('Spot'), { total: 2, regular: 0 }, null, 5, { regular: 0, spot: 5 }],
    [
      'Azure`s own example: 41 of base 10 and half',
      template('Spot', mix),
      { total: 0, regular: 0 },
      null,
      41,
      { regular: 25, spot: 16 },
    ],
    [
      'the base comes first',
      template('Spot', mix),
      { total: 0, regular: 0 },
      null,
      4,
      { regular: 4, spot: 0 },
    ],
    [
      'Spot is filled up to its share',
      template('Spot', mix),
      { total: 25, regular: 25 },
      null,
      16,
      { regular: 0, spot: 16 },
    ],
    [
      'none is Spot where a fallback says so',
      template('Spot', { baseRegularPriorityCount: 0 }),
      { total: 2, regular: 1 },
      4,
      3,
      { regular: 3, spot: 0 },
    ],
  ])('%s', (_sentence, of, members, regularBase, count, expected) => {
    expect(growthSplit(of, members, regularBase)(count)).toEqual(expected);
  });
});

describe('a growth of regular and Spot VMs', () => {
  const usage = (name: string, limit: number) => ({ name, localizedName: name, currentValue: 0, limit });
  const size = { name: 'Standard_D4s_v5', family: 'standardDSv5Family', vCpus: 4 };
  const answer = (limits: Record<string, number>, count: number) =>
    answerGrowth({
      location: 'westeurope',
      size,
      count,
      usages: Object.entries(limits).map(([name, limit]) => usage(name, limit)),
      split: (some) => ({ regular: Math.ceil(some / 2), spot: Math.floor(some / 2) }),
    });

  test('fits where both kinds fit', () => {
    expect(answer({ standardDSv5Family: 8, cores: 8, lowPriorityCores: 8 }, 4)).toMatchObject({
      fits: true,
      room: 4,
    });
  });
  test('is limited by the kind that fits least, and says so (R-20: regular cores count in a mix)', () => {
    const short = answer({ standardDSv5Family: 4, cores: 100, lowPriorityCores: 100 }, 4);
    expect(short).toMatchObject({ fits: false, room: 2 });
    expect(short.message).toContain('standardDSv5Family: short by 4');
    expect(answer({ cores: 100, lowPriorityCores: 3 }, 4)).toMatchObject({ fits: false, room: 1 });
  });
  test('is limited by the region`s cores too (R-20)', () => {
    expect(answer({ standardDSv5Family: 100, cores: 4, lowPriorityCores: 100 }, 4)).toMatchObject({
      room: 2,
    });
  });
});
