import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { GuestOptions } from '../../../shared/contracts';
import { cloudConfig, type BootRequest } from '../../../shared/domain';

/** The judge is Debian's own cloud-init, of which `npm test` makes sure (scripts/system-packages.mjs). */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-schema-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verdict(text: string): Promise<string> {
  const file = join(folder, 'user-data');
  writeFileSync(file, text);
  const ran = promisify(execFile)('cloud-init', ['schema', '--config-file', file]);
  return ran.then(
    ({ stdout }) => stdout.trim().replace(file, 'it'),
    (error: { stderr?: string; message: string }) => error.stderr || error.message,
  );
}

const base: BootRequest = {
  agentConfig: {
    version: 1,
    controlPlaneUrl: 'https://muster.example',
    owner: { kind: 'scale-set', name: 'cbox', incarnation: '0a1b2c3d' },
    joinToken: 'join-token',
    workFolder: '/var/lib/muster/work',
    taskUser: 'muster-task',
  },
  agentSha256: 'ab'.repeat(32),
  bootCommands: [],
};

const combinations: [what: string, request: BootRequest][] = [
  ['nothing asked for', base],
  ['boot commands of every kind', { ...base, bootCommands: ['no', '0755', "echo 'a\tb'\necho ü", '- x: {'] }],
];

const choices: object[][] = [
  [{}, { nvidia: {} }],
  [{}, { scratch: {} }, { scratch: { filesystem: 'ext4' } }],
  [{}, { dataDisks: {} }, { dataDisks: { filesystem: 'ext4' } }],
];
const guests = choices
  .reduce((all, some) => all.flatMap((one) => some.map((other) => ({ ...one, ...other }))), [{}])
  .map((options): [string, BootRequest] => [
    JSON.stringify(options),
    { ...base, guest: GuestOptions.parse(options), dataDiskLuns: [0, 5] },
  ]);

describe("Debian's cloud-init", () => {
  it.each([...combinations, ...guests])('finds the text valid with %s', async (_what, request) => {
    expect(await verdict(cloudConfig(request))).toBe('Valid cloud-config: it');
  });

  it.each(guests)('gets scripts that a shell can read with %s', (_what, request) => {
    const { write_files: files } = parse(cloudConfig(request)) as {
      write_files: { path: string; content: string }[];
    };
    for (const { content } of files.filter(({ path }) => path.endsWith('.sh')))
      expect(spawnSync('/bin/sh', ['-n'], { input: content, encoding: 'utf8' }).stderr).toBe('');
  });

  it('would find a fault: a file without its path', async () => {
    const text = cloudConfig(base).replace(/path: \/opt\/muster\/start\.sh/, 'file: start.sh');
    expect(await verdict(text)).toMatch(/write_files\.\d+: 'path' is a required property/);
  });
});
