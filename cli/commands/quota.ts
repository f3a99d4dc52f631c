import { flag, optional, required } from '../arguments/options';
import { text, wholeNumber } from '../arguments/values';
import { defineCommand } from '../command';
import { say } from '../terminal';
import { usageColumns } from './columns';

export const askQuota = defineCommand({
  noun: 'quota',
  summary: 'limits of a region, and whether so many VMs more fit',
  positionals: {},
  options: {
    location: required(text('REGION'), 'e.g. westeurope'),
    size: optional(text('SIZE'), 'of the VMs, e.g. Standard_D2s_v5; with it: do they fit?'),
    count: optional(wholeNumber('N', { min: 1 }), 'VMs more (1)'),
    spot: flag('as Spot VMs'),
    subscriptionId: optional(text('GUID'), "another subscription than the manifest's"),
  },
  examples: ['muster quota --location westeurope --size Standard_D2s_v5 --count 100'],
  async run({ options: { spot, ...question } }, { muster, output, terminal }) {
    const view = await muster.client.getQuota({ ...question, ...(spot && { priority: 'Spot' as const }) });
    if (output.format === 'json') return output.json(view);
    if (view.usages) return output.list(view.usages, usageColumns);
    await output.list(view.limits ?? [], {
      limit: (limit) => limit.name,
      used: (limit) => limit.used,
      of: (limit) => limit.limit,
      needed: (limit) => limit.needed,
      'short by': (limit) => limit.shortBy,
    });
    if (view.message) say(terminal, view.message);
  },
});
