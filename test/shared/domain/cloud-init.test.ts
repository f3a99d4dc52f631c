import { spawnSync } from 'node:child_process';
import { parse } from 'yaml';
import { AgentConfig } from '../../../shared/contracts';
import { cloudConfig, customData, maxCustomDataCharacters, type BootRequest } from '../../../shared/domain';

const agentConfig: AgentConfig = {
  version: 1,
  controlPlaneUrl: 'https://muster.example',
  owner: { kind: 'scale-set', name: 'cbox', incarnation: '0a1b2c3d' },
  joinToken: 'join-token',
  workFolder: '/var/lib/muster/work',
  taskUser: 'muster-task',
};
const request = (bootCommands: string[] = []): BootRequest => ({
  agentConfig,
  agentSha256: 'ab'.repeat(32),
  bootCommands,
});

interface WrittenFile {
  path: string;
  permissions: string;
  owner: string;
  encoding?: string;
  content: string;
}
type Document = { users: unknown[]; write_files: WrittenFile[] };

function booted(bootCommands: string[] = [], version: '1.1' | '1.2' = '1.2'): Document {
  const text = Buffer.from(customData(request(bootCommands)), 'base64').toString();
  expect(text.startsWith('#cloud-config\n')).toBe(true);
  return parse(text, { version }) as Document;
}
const file = (document: Document, path: string): WrittenFile =>
  document.write_files.find((candidate) => candidate.path === path)!;
const prepare = (commands: string[]): string => file(booted(commands), '/opt/muster/prepare.sh').content;
const shell = (script: string) => spawnSync('/bin/sh', [], { input: script, encoding: 'utf8' });

describe('the text a VM boots from', () => {
  it('writes the configuration of the agent, for root alone', () => {
    const written = file(booted(), '/etc/muster/agent.json');
    expect(written).toMatchObject({ permissions: '0600', owner: 'root:root', encoding: 'b64' });
    const content = JSON.parse(Buffer.from(written.content, 'base64').toString()) as unknown;
    expect(AgentConfig.parse(content)).toEqual(agentConfig);
  });

  // cloud-init reads it with PyYAML, which knows YAML 1.1: `0755` unquoted would be a number, `no` a boolean.
  it('means the same in YAML 1.1 and 1.2', () => {
    const commands = ['yes', 'no', '0755', '12:30:45', '~', '# not a comment'];
    expect(booted(commands, '1.1')).toEqual(booted(commands, '1.2'));
  });

  it('makes the user that tasks run as, and starts the agent at every boot', () => {
    const document = booted();
    expect(document.users).toEqual([
      'default',
      expect.objectContaining({ name: 'muster-task', lock_passwd: true }),
    ]);
    expect(file(document, '/var/lib/cloud/scripts/per-boot/muster.sh').content).toContain(
      '/opt/muster/start.sh',
    );
  });

  it('holds no secret but the join token, and that one only in the file for root', () => {
    const others = booted().write_files.filter((written) => written.path !== '/etc/muster/agent.json');
    for (const written of others) expect(written.content).not.toContain('join-token');
    expect(file(booted(), '/opt/muster/start.sh').content).toContain('ab'.repeat(32));
  });

  it.each(['/opt/muster/start.sh', '/opt/muster/prepare.sh', '/var/lib/cloud/scripts/per-boot/muster.sh'])(
    'writes %s as a script that a shell can read and all may run',
    (path) => {
      const written = file(booted(['echo "a"', "echo 'b'"]), path);
      expect(written.permissions).toBe('0755');
      expect(spawnSync('/bin/sh', ['-n'], { input: written.content }).status).toBe(0);
    },
  );
});

describe('bootCommands', () => {
  it.each([
    ['double quotes', 'echo "a b"', 'a b\n'],
    ['single quotes', "echo 'a  b'", 'a  b\n'],
    ['both', `echo 'a' "it's"`, "a it's\n"],
    ['a closing parenthesis', "echo ')'", ')\n'],
    ['a case', 'case x in x) echo found ;; esac', 'found\n'],
    ['several lines', 'echo a\necho b', 'a\nb\n'],
    ['a here-document', 'cat <<END\n  text )\n\nEND', '  text )\n\n'],
    ['a comment at its end', 'echo a # why', 'a\n'],
    ['a backslash at the end of a line', 'echo a \\\n b', 'a b\n'],
    ['tabs, colons and trailing blanks', 'printf "%s" "k: v\t#x  "', 'k: v\t#x  '],
    ['other alphabets', 'echo grüße 你好 🚀', 'grüße 你好 🚀\n'],
    ['a dollar sign', 'A=1; echo "$A" \'$A\'', '1 $A\n'],
  ])('come through with %s', (_what, command, output) => {
    const ran = shell(prepare([command]));
    expect({ stdout: ran.stdout, stderr: ran.stderr, status: ran.status }).toEqual({
      stdout: output,
      stderr: '',
      status: 0,
    });
  });

  it.each([
    ['fails', 'exit 3', /ended with 3/],
    ['is no command', 'no-such-program-of-muster', /ended with 127/],
    ['does not even parse', "echo 'open", /ended with [12]/],
    ['has one parenthesis too many', 'echo a )', /ended with [12]/],
  ])('one that %s is reported and the next still runs', (_what, command, report) => {
    const ran = shell(prepare(['echo first', command, 'echo last']));
    expect(ran.stdout).toBe('first\nlast\n');
    expect(ran.stderr).toMatch(report);
    expect(ran.status).toBe(0);
  });

  it('may be none', () => {
    expect(shell(prepare([])).status).toBe(0);
  });
});

describe('the limit of customData', () => {
  const fits = (length: number): boolean => {
    try {
      customData(request(['x'.repeat(length)]));
      return true;
    } catch {
      return false;
    }
  };

  it('is met to the character: what Azure takes is given, one more throws and says what to do', () => {
    const empty = Buffer.byteLength(cloudConfig(request(['x'])));
    const room = Math.floor(maxCustomDataCharacters / 4) * 3 - empty;
    const last = [...Array(9).keys()]
      .map((extra) => room - 4 + extra)
      .filter(fits)
      .pop()!;
    expect(customData(request(['x'.repeat(last)]))).toHaveLength(maxCustomDataCharacters);
    expect(() => customData(request(['x'.repeat(last + 1)]))).toThrow(/64004 characters.*bootCommands/);
  });
});
