import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  LeaseRequest,
  type EnvironmentPart,
  type EnvironmentToMake,
  type Preparation,
} from '../../shared/contracts';
import { environmentOf, parseVariables } from '../../worker/environment/commands';
import { packFolder } from '../support/packed-folder';
import { until } from './support/until';
import { eachWorld } from './support/each-world';
import type { World } from './support/world';

let world: World;
eachWorld((made) => (world = made));
let store: Server;
let archive: Buffer;
let fetches: number;
beforeAll(async () => {
  store = createServer((_request, response) => {
    fetches++;
    response.end(archive);
  });
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => store.close(resolve)));
beforeEach(() => void (fetches = 0));

async function toMake(
  files: Record<string, string | Buffer>,
  parts: EnvironmentPart[],
): Promise<EnvironmentToMake> {
  const packed = await packFolder(files);
  archive = packed.body;
  const { port } = store.address() as AddressInfo;
  return { name: 'env', sha256: packed.sha256, parts, url: `http://127.0.0.1:${port}/archive` };
}
const preparations = (): (Preparation | null)[] =>
  world.plane.of('/api/workers/lease').map((call) => LeaseRequest.parse(call.body).preparation);
const failed = () =>
  until(
    'the environment has failed',
    () => preparations().find((one) => one?.state === 'failed') ?? undefined,
  );
const said = async (): Promise<string> =>
  (await world.storage.jobs.getBlobClient('boot-logs/vm1/environment.log').downloadToBuffer()).toString();
/** What a task prints. */
async function printed(script: string): Promise<string> {
  const jobId = await world.script(script);
  return world.storage.text(await world.storage.result(jobId), 'stdout');
}

describe('a VM`s environment', () => {
  test('is made before any task runs; its log is kept, its stages are told', async () => {
    const gate = world.openFile('go');
    const setup = `#!/bin/sh
echo making; until [ -e ${gate} ]; do sleep 0.02; done
echo "GREETING=hello there" > "$MUSTER_ENVIRONMENT_VARIABLES"; echo made > made.txt; echo done >&2`;
    const jobId = await world.script('cat "$MUSTER_ENVIRONMENT/made.txt"; echo "$GREETING"');
    await world.startAgent({ makes: await toMake({ 'setup.sh': setup }, ['setup']) });
    await until('it is being made', () => preparations().some((one) => one?.message.includes('setup')));
    expect(await world.storage.findResult(jobId)).toBeUndefined();
    writeFileSync(gate, '');
    expect(await world.storage.text(await world.storage.result(jobId), 'stdout')).toBe('made\nhello there\n');
    expect(preparations().at(-1)).toBeNull();
    expect(await said()).toBe('muster: unpack\nmuster: setup\nmaking\ndone\n');
  });

  test('is made once: another start of the agent finds it', async () => {
    const makes = await toMake({ 'setup.sh': 'echo once' }, ['setup']);
    const agent = await world.startAgent({ makes });
    expect(await printed('echo ok')).toBe('ok\n');
    await agent.kill();
    await world.startAgent({ makes });
    expect(await printed('echo "$MUSTER_ENVIRONMENT"')).toContain(makes.sha256);
    expect(fetches).toBe(1);
    expect(await said()).toBe('muster: unpack\nmuster: setup\nonce\n');
  });

  test('that was interrupted is made anew, and its log goes on', async () => {
    const file = world.openFile('tries');
    const setup = `#!/bin/sh\necho x >> ${file}; if [ "$(wc -l < ${file})" = 1 ]; then touch leftover; sleep 600; fi; [ ! -e leftover ]`;
    const makes = await toMake({ 'setup.sh': setup }, ['setup']);
    const agent = await world.startAgent({ makes });
    await until('its log has begun', async () => (await said().catch(() => '')).includes('setup'));
    await agent.kill();
    await world.startAgent({ makes });
    expect(await printed('echo ok')).toBe('ok\n');
    expect(await said()).toBe('muster: unpack\nmuster: setup\nmuster: unpack\nmuster: setup\n');
  });

  test('that fails says why, with the end of its log; no task runs, and the VM stays to be looked at', async () => {
    const setup = '#!/bin/sh\necho "E: no such package: seismic" >&2; exit 7';
    const jobId = await world.script('echo never');
    const agent = await world.startAgent({ makes: await toMake({ 'setup.sh': setup }, ['setup']) });
    const { message } = await failed();
    expect(message).toContain('setup: exited with code 7');
    expect(message).toContain('E: no such package: seismic');
    expect(agent.isRunning).toBe(true);
    expect(await world.storage.findResult(jobId)).toBeUndefined();
    expect(await said()).toContain('muster: setup: exited with code 7\n');
    world.plane.command = 'leave';
    expect(await agent.ended).toEqual({ code: 42, signal: null });
  });

  test('that takes too long has failed', async () => {
    const makes = await toMake({ 'setup.sh': 'sleep 600' }, ['setup']);
    await world.startAgent({ makes, settings: { environmentLimitMs: 3000 } });
    expect((await failed()).message).toContain('setup: not done within the time allowed');
  });

  test('whose archive is another than was named is not unpacked', async () => {
    const makes = { ...(await toMake({ 'setup.sh': 'echo' }, ['setup'])), sha256: 'ab'.repeat(32) };
    await world.startAgent({ makes });
    await until('it was fetched twice', () => fetches >= 2);
    expect(readdirSync(path.join(world.folder, 'environments'))).toEqual([
      'ab'.repeat(32),
      `${'ab'.repeat(32)}.tar.gz`,
    ]);
    expect(readdirSync(path.join(world.folder, 'environments', 'ab'.repeat(32)))).toEqual([]);
  });

  test('of Node packages brings them and their programs', async () => {
    const local = { name: 'greet', version: '1.0.0', main: 'index.js', bin: { greet: 'bin.js' } };
    const makes = await toMake(
      {
        'package.json': JSON.stringify({ name: 'env', dependencies: { greet: 'file:./greet' } }),
        'greet/package.json': JSON.stringify(local),
        'greet/index.js': 'module.exports = "hello from a package";',
        'greet/bin.js': '#!/usr/bin/env node\nconsole.log("hello from a program");',
      },
      ['node'],
    );
    await world.startAgent({ makes });
    expect(await printed(`greet; node -p 'require("greet")'`)).toBe(
      'hello from a program\nhello from a package\n',
    );
  }, 60_000);

  test('of Python packages is a virtual environment', async () => {
    const makes = await toMake(
      { 'requirements.txt': './seismo-1.0-py3-none-any.whl\n', ...(await wheel()) },
      ['python'],
    );
    await world.startAgent({ makes });
    expect(await printed(`python3 -c 'import seismo; print(seismo.word)'`)).toBe('a wheel\n');
    expect(await printed('command -v python3; echo "$VIRTUAL_ENV"')).toContain(makes.sha256);
  }, 60_000);

  test.each([
    ['micromamba', 'micromamba create -y -p FOLDER/.muster/conda -f environment.yml'],
    ['conda', 'conda env create -p FOLDER/.muster/conda -f environment.yml'],
  ])('of conda packages is made by %s, whichever the image has', async (tool, expected) => {
    const bin = fakeProgram(tool);
    const makes = await toMake({ 'environment.yml': 'dependencies: []' }, ['conda']);
    await world.startAgent({ makes, admitted: { PATH: `${bin}:/usr/bin:/bin` } });
    const folder = path.join(world.folder, 'environments', makes.sha256);
    expect(await printed('echo "$CONDA_PREFIX"')).toBe(`${folder}/.muster/conda\n`);
    expect(await said()).toContain(expected.replace('FOLDER', folder));
  });

  test('of conda packages fails where the image has no tool for it', async () => {
    await world.startAgent({ makes: await toMake({ 'environment.yml': '' }, ['conda']) });
    expect((await failed()).message).toContain('none of micromamba, mamba and conda is on this image');
  });

  test('of a Julia project is instantiated with a depot of its own', async () => {
    const bin = fakeProgram('julia');
    const makes = await toMake({ 'Project.toml': '' }, ['julia']);
    await world.startAgent({ makes, admitted: { PATH: `${bin}:/usr/bin:/bin` } });
    const folder = path.join(world.folder, 'environments', makes.sha256);
    expect(await printed('echo "$JULIA_PROJECT $JULIA_DEPOT_PATH"')).toBe(
      `${folder} ${folder}/.muster/julia\n`,
    );
    expect(await said()).toContain('julia --project=. -e using Pkg; Pkg.instantiate(); Pkg.precompile()');
  });

  /** A program that says how it was called. */
  function fakeProgram(name: string): string {
    const bin = path.join(world.folder, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, name), '#!/bin/sh\necho "${0##*/} $*"\n');
    chmodSync(path.join(bin, name), 0o755);
    return bin;
  }
});

/** The least that pip takes for a wheel: needs no network and no build. */
async function wheel(): Promise<Record<string, Buffer>> {
  const { execFileSync } = await import('node:child_process');
  const program = `
import io, sys, zipfile
out = io.BytesIO()
with zipfile.ZipFile(out, 'w') as z:
    z.writestr('seismo.py', 'word = "a wheel"\\n')
    z.writestr('seismo-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: seismo\\nVersion: 1.0\\n')
    z.writestr('seismo-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    z.writestr('seismo-1.0.dist-info/RECORD', 'seismo.py,,\\nseismo-1.0.dist-info/METADATA,,\\nseismo-1.0.dist-info/WHEEL,,\\nseismo-1.0.dist-info/RECORD,,\\n')
sys.stdout.buffer.write(out.getvalue())`;
  return { 'seismo-1.0-py3-none-any.whl': execFileSync('/usr/bin/python3', ['-c', program]) };
}

describe('what tasks get of an environment', () => {
  const options = { basePath: '/usr/bin', written: '' };
  test('is its folder, and the programs of its parts before those of the image, the last part first', () => {
    expect(environmentOf('/e', { ...options, parts: ['python', 'node', 'setup'] })).toEqual({
      MUSTER_ENVIRONMENT: '/e',
      PATH: '/e/node_modules/.bin:/e/.muster/venv/bin:/usr/bin',
      VIRTUAL_ENV: '/e/.muster/venv',
      NODE_PATH: '/e/node_modules',
    });
  });
  test('is what the folder`s own script left, over all', () => {
    expect(
      environmentOf('/e', { ...options, parts: ['setup'], written: 'PATH=/own\nA=b=c\nno line\n9=x\n' }),
    ).toEqual({
      MUSTER_ENVIRONMENT: '/e',
      PATH: '/own',
      A: 'b=c',
    });
    expect(parseVariables('A=1\r\nB=\n')).toEqual({ A: '1', B: '' });
  });
});
