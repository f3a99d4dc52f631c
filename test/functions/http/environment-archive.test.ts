import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { inspectArchive } from '../../../functions/http/environment-archive';
import { packFolder } from '../../support/packed-folder';

jest.mock('durable-functions', () => ({}));

/** A packed archive of entries as an attacker would write them, without content. */
function archiveOf(
  ...entries: { path: string; type?: 'File' | 'SymbolicLink' | 'Link' | 'FIFO'; linkpath?: string }[]
): Buffer {
  const blocks = entries.map(({ path, type = 'File', linkpath }) => {
    const header = new Header({ path, type, linkpath, mode: 0o644, size: 0, mtime: new Date(0) });
    header.encode();
    return header.block!;
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

describe('a packed folder', () => {
  test.each([
    [{ 'package.json': '{}' }, ['node']],
    [{ 'requirements.txt': '', 'src/a.py': '' }, ['python']],
    [{ 'pyproject.toml': '', 'Project.toml': '' }, ['python', 'julia']],
    [{ 'setup.sh': '', 'environment.yml': '' }, ['conda', 'setup']],
    [{ 'setup.sh': '', 'sub/package.json': '{}' }, ['setup']],
  ])('of %j is made by its parts, in their order', async (files, parts) => {
    const { body } = await packFolder(files);
    expect(await inspectArchive(body)).toMatchObject({ parts });
  });

  test('that holds nothing to make is refused, and what is looked for is said', async () => {
    const { body } = await packFolder({ 'inner/package.json': '{}', 'README.md': '' });
    await expect(inspectArchive(body)).rejects.toMatchObject({
      status: 400,
      code: 'NothingToMake',
      message: expect.stringContaining('requirements.txt'),
    });
  });

  test('with entries that lead out of it is refused, with every one of them named', async () => {
    const body = archiveOf(
      { path: 'package.json' },
      { path: '/etc/passwd' },
      { path: '../up' },
      { path: 'a/../../up' },
      { path: 'link', type: 'SymbolicLink', linkpath: '/etc/shadow' },
      { path: 'sub/link', type: 'SymbolicLink', linkpath: '../../out' },
      { path: 'hard', type: 'Link', linkpath: '../out' },
      { path: 'pipe', type: 'FIFO' },
      { path: 'sub/fine', type: 'SymbolicLink', linkpath: '../package.json' },
    );
    const refusal = await inspectArchive(body).catch(
      (error: { options: { details: { target: string }[] } }) => error,
    );
    const { details } = (refusal as { options: { details: { target: string }[] } }).options;
    expect(details.map(({ target }) => target)).toEqual([
      '/etc/passwd',
      '../up',
      'a/../../up',
      'link',
      'sub/link',
      'hard',
      'pipe',
    ]);
  });

  test.each([
    ['no gzip', Buffer.from('hello')],
    ['gzip of no tar', gzipSync(Buffer.from('hello'.repeat(500)))],
    ['nothing', Buffer.alloc(0)],
  ])('that is %s is refused', async (_what, body) => {
    await expect(inspectArchive(body)).rejects.toMatchObject({ status: 400 });
  });

  test('that would fill the disk when unpacked is refused before it is read to its end', async () => {
    const header = new Header({
      path: 'big',
      type: 'File',
      mode: 0o644,
      size: 600 * 1024 * 1024,
      mtime: new Date(0),
    });
    header.encode();
    const body = gzipSync(Buffer.concat([header.block!, Buffer.alloc(1024 * 1024)]));
    await expect(inspectArchive(body)).rejects.toMatchObject({ status: 413 });
  });
});
