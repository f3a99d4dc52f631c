import type { QuotaLimit, QuotaUsage } from '../contracts';

/** A limit as Azure lists it (`ports/quota.ts` reads it). */
export type Usage = QuotaUsage;

export interface QuotaQuestion {
  location: string;
  size: { name: string; family: string; vCpus: number };
  /** VMs to be added. */
  count: number;
  priority: 'Regular' | 'Spot';
  usages: Usage[];
}

export interface QuotaAnswer {
  fits: boolean;
  /** How many VMs of the size fit now. */
  room: number;
  limits: QuotaLimit[];
  message: string;
}

/**
 * Whether so many VMs of a size fit into what is left. A regular VM counts against its family's cores and the region's; a Spot VM
 * against the low-priority cores alone; both against the number of VMs. A limit that Azure does not list does not bind.
 */
export function answerQuota(question: QuotaQuestion): QuotaAnswer {
  const { size, count, priority, usages, location } = question;
  const cores = size.vCpus;
  const perVm: [name: string, unit: number][] =
    priority === 'Spot'
      ? [['lowPriorityCores', cores]]
      : [
          [size.family, cores],
          ['cores', cores],
        ];
  perVm.push(['virtualMachines', 1]);
  const bound = perVm.flatMap(([name, unit]) => {
    const usage = usages.find((one) => one.name.toLowerCase() === name.toLowerCase());
    return usage ? [{ usage, unit }] : [];
  });
  const limits = bound.map(({ usage, unit }) => limitAnswer(usage, unit * count));
  const room = Math.min(
    ...bound.map(({ usage, unit }) => Math.floor(Math.max(usage.limit - usage.currentValue, 0) / unit)),
  );
  const fits = limits.every((limit) => limit.shortBy === 0);
  const wish = `${count} ${priority === 'Spot' ? 'Spot ' : ''}VMs of ${size.name} (${cores} vCPUs each) in ${location}`;
  return {
    fits,
    room: Number.isFinite(room) ? room : count,
    limits,
    message: fits ? `${wish} fit.` : shortMessage(wish, limits, room),
  };
}

function limitAnswer({ name, localizedName, limit, currentValue }: Usage, needed: number): QuotaLimit {
  const shortBy = Math.max(currentValue + needed - limit, 0);
  return { name, localizedName, limit, used: currentValue, needed, shortBy };
}

function shortMessage(wish: string, limits: QuotaLimit[], room: number): string {
  const short = limits
    .filter((limit) => limit.shortBy > 0)
    .map(
      (limit) =>
        `${limit.localizedName}: short by ${limit.shortBy} (${limit.used} of ${limit.limit} used, ${limit.needed} more needed)`,
    );
  return `${wish} do not fit. ${short.join('; ')}. ${room} would fit now; ask Azure for a higher limit, or for another size or region.`;
}

/**
 * How many of the next `count` VMs of a set fit, where some are regular and some Spot. The largest number that fits is found
 * from above: a set has at most 1,000.
 */
export function answerGrowth(
  question: Omit<QuotaQuestion, 'priority'> & { split: (count: number) => { regular: number; spot: number } },
): Pick<QuotaAnswer, 'fits' | 'room' | 'message'> {
  const { split, ...rest } = question;
  const answers = (count: number): QuotaAnswer[] => {
    const { regular, spot } = split(count);
    const parts = [
      [regular, 'Regular'],
      [spot, 'Spot'],
    ] as const;
    return parts
      .filter(([part]) => part > 0)
      .map(([part, priority]) => answerQuota({ ...rest, count: part, priority }));
  };
  const asked = answers(question.count);
  const isGood = (all: QuotaAnswer[]): boolean => all.every((answer) => answer.fits);
  let room = question.count;
  while (room > 0 && !isGood(answers(room))) room--;
  const unfit = asked.filter((answer) => !answer.fits);
  return {
    fits: unfit.length === 0,
    room,
    message: (unfit.length > 0 ? unfit : asked).map(({ message }) => message).join(' '),
  };
}
