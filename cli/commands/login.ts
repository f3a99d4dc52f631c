import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { MusterClient } from '../../client';
import { optional, required } from '../arguments/options';
import { text } from '../arguments/values';
import { defineCommand } from '../command';
import { Misuse } from '../exit-codes';
import { writeProfile } from '../profile';
import type { Terminal } from '../terminal';

export const login = defineCommand({
  noun: 'login',
  summary: 'keeps the URL and the key of a control plane, once it has taken them',
  description:
    'Both go to ~/.config/muster/config.json, which you alone can read. Without --key the key is read from standard input, and does not\nshow in the list of processes.',
  positionals: {},
  options: {
    url: required(text('URL'), 'of the control plane'),
    key: optional(text('KEY'), 'a function key'),
  },
  examples: ['muster login --url https://func-muster.azurewebsites.net', 'muster login --url URL < key.txt'],
  async run({ options: { url, key } }, { output, terminal }) {
    const taken = key ?? (await readKey(terminal));
    const { version } = await new MusterClient({ url, key: taken }).getHealth();
    const file = writeProfile(terminal.environment, { url, key: taken });
    await output.done({ url, version, file }, `${url} takes the key. Both are kept in ${file}.`);
  },
});

/** The first line of standard input; a person types it unseen. */
async function readKey({ stdin, stderr }: Terminal): Promise<string> {
  const isTyped = stdin.isTTY === true;
  if (isTyped) stderr.write('Key: ');
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: unseen, terminal: isTyped });
  try {
    for await (const line of lines) if (line.trim() !== '') return line.trim();
    throw new Misuse(['--key is absent and standard input is empty: give the key in one of them']);
  } finally {
    lines.close();
    if (isTyped) stderr.write('\n');
  }
}
