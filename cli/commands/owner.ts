import { BootLogView, type TimelineEvent } from '../../shared/contracts';
import type { Muster } from '../../client';
import type { CallOptions } from '../../client/scale-set';
import type { WaitOptions } from '../../client/waiting';
import { flag, optional, required, type Argument } from '../arguments/options';
import { choice, text } from '../arguments/values';
import { defineCommand, type Command } from '../command';
import { found } from '../missing';
import type { Columns } from '../output/table';
import { bootLogColumns, eventColumns } from './columns';

interface Handle<View> {
  get(): Promise<View | undefined>;
  events(): Promise<TimelineEvent[]>;
  bootLogs(): Promise<BootLogView[]>;
  bootLog(vm: string, options: { source?: BootLogView['source'] | undefined }): Promise<string>;
  handOver(options?: CallOptions): Promise<View>;
  waitUntilDeleted(options?: WaitOptions): Promise<void>;
}

/** A kind of what workers belong to: scale sets, virtual machines. */
interface OwnerKind<View extends object> {
  noun: string;
  /** As sentences have it. */
  word: string;
  columns: Columns<View>;
  list(muster: Muster): Promise<View[]>;
  of(muster: Muster, name: string): Handle<View>;
  /** Answers what the API says of a wish that it be gone. */
  remove(muster: Muster, name: string): Promise<unknown>;
  /** What goes with it. */
  removal: string;
  /** Of its waits. */
  timeout: Argument<number | undefined>;
}

type OwnerCommands = Record<'list' | 'show' | 'events' | 'bootLog' | 'handOver' | 'remove', Command>;

const sources = BootLogView.shape.source.options;

/** What is asked of either kind in the same words. */
export function ownerCommands<View extends object>(kind: OwnerKind<View>): OwnerCommands {
  const { noun, word, columns } = kind;
  const positionals = { name: required(text('NAME'), `of the ${word}`) };
  const titled = (name: string): string => `${word[0]!.toUpperCase()}${word.slice(1)} '${name}'`;
  return {
    list: defineCommand({
      ...{ noun, verb: 'list', summary: 'all that there are', positionals: {}, options: {} },
      run: async (_, { muster, output }) => output.list(await kind.list(muster), columns),
    }),
    show: defineCommand({
      ...{ noun, verb: 'show', summary: 'how it stands, and why it waits', positionals, options: {} },
      run: async ({ positionals: { name } }, { muster, output }) =>
        output.one(found(await kind.of(muster, name).get(), `${word} '${name}'`), columns),
    }),
    events: defineCommand({
      ...{ noun, verb: 'events', summary: 'its timeline, oldest first', positionals, options: {} },
      run: async ({ positionals: { name } }, { muster, output }) =>
        output.list(await kind.of(muster, name).events(), eventColumns),
    }),
    bootLog: defineCommand({
      ...{ noun, verb: 'boot-log', summary: 'what its VMs told as they booted, or which of them are kept' },
      positionals: { ...positionals, vm: optional(text('VM'), 'by its name in Azure (a list of all)') },
      options: { source: optional(choice(sources), 'one part of it alone') },
      async run({ positionals: { name, vm }, options: { source } }, { muster, output }) {
        const owner = kind.of(muster, name);
        if (vm === undefined) return output.list(await owner.bootLogs(), bootLogColumns);
        const log = await owner.bootLog(vm, { source });
        await output.text({ vm, text: log }, log);
      },
    }),
    handOver: defineCommand({
      ...{ noun, verb: 'hand-over', positionals, options: {} },
      summary: 'one that a job made stays when that job ends',
      run: async ({ positionals: { name } }, { muster, output }) =>
        output.one(await kind.of(muster, name).handOver(), columns),
    }),
    remove: defineCommand({
      ...{ noun, verb: 'delete', summary: kind.removal, positionals },
      options: {
        wait: flag('returns once Azure has confirmed that all of it is gone'),
        timeout: kind.timeout,
      },
      async run({ positionals: { name }, options: { wait, timeout: timeoutMs } }, { muster, output }) {
        const view = await kind.remove(muster, name);
        if (wait) await kind.of(muster, name).waitUntilDeleted({ timeoutMs });
        await output.done(view, `${titled(name)} is ${wait ? 'gone' : 'being deleted'}.`);
      },
    }),
  };
}
