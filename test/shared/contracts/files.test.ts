import {
  BundleRequest,
  decodeFilePath,
  encodeFilePath,
  entryProblem,
  environmentOfVariables,
  inputPathProblem,
  Inputs,
} from '../../../shared/contracts';
import { problemsOf } from '../../../functions/http/problems';

describe('the path of an input', () => {
  test.each(['a', 'a/b.c', 'größe/x y', '.hidden', 'outputs.txt', 'a/outputs', 'x'.repeat(512)])(
    '%j may be taken',
    (path) => expect(inputPathProblem(path)).toBeUndefined(),
  );
  test.each([
    ['', 'names'],
    ['/etc/passwd', 'relative'],
    ['..', 'names'],
    ['a/../b', 'names'],
    ['./a', 'names'],
    ['a//b', 'names'],
    ['a/', 'names'],
    ['outputs', 'output files'],
    ['outputs/a', 'output files'],
    ['a\0b', 'control'],
    ['a\nb', 'control'],
    ['x'.repeat(513), '512'],
    ['ä'.repeat(257), '512'],
  ])('%j may not', (path, says) => expect(inputPathProblem(path)).toContain(says));
});

const sha256 = 'a'.repeat(64);

test('two files may not have one path; two folders may', () => {
  const file = { kind: 'file', sha256, path: 'a' };
  const folder = { kind: 'folder', sha256 };
  expect(Inputs.safeParse([folder, folder, file]).success).toBe(true);
  const twice = Inputs.safeParse([file, folder, file]);
  expect(twice.success ? [] : problemsOf(twice.error, 'inputs').map(({ target }) => target)).toEqual([
    'inputs[2].path',
  ]);
  expect(Inputs.safeParse(Array.from({ length: 101 }, () => folder)).success).toBe(false);
});

describe('the name of a file in storage', () => {
  test.each([
    ['plain/name.txt', 'plain/name.txt'],
    ['größe ?#&+.csv', 'größe ?#&+.csv'],
    ['100%', '100%25'],
    ['%41', '%2541'],
    ['back\\slash', 'back%5Cslash'],
    ['ends./with./dots.', 'ends%2E/with%2E/dots%2E'],
    ['line\nfeed\u007f', 'line%0Afeed%7F'],
    ['a\uffffb', 'a%EF%BF%BFb'],
    ['🙂.', '🙂%2E'],
    ['..', '.%2E'],
  ])('%j is %j, and back', (path, encoded) => {
    expect(encodeFilePath(path)).toBe(encoded);
    expect(decodeFilePath(encoded)).toBe(path);
  });
});

describe('an entry of a packed folder', () => {
  const link = (path: string, linkpath: string) => ({ path, type: 'SymbolicLink', linkpath });
  test.each([
    { path: 'a/b', type: 'File' },
    { path: '', type: 'Directory' },
    link('a/b', '../c'),
    link('node_modules/.bin/x', '../x/bin/x.js'),
    link('lib', './lib64'),
    { path: 'hard', type: 'Link', linkpath: 'a/b' },
  ])('$type $path -> $linkpath may be unpacked', (entry) => expect(entryProblem(entry)).toBeUndefined());
  test.each([
    { path: '../a', type: 'File' },
    { path: 'a/../../b', type: 'File' },
    { path: '/a', type: 'File' },
    link('a', '/etc'),
    link('a', '..'),
    link('a/b', '../../c'),
    link('a', 'b/../../c'),
    link('a', 'b/../c'),
    link('x/y', '../b/..'),
    { path: 'hard', type: 'Link', linkpath: '/etc/shadow' },
    { path: 'hard', type: 'Link', linkpath: 'a/../b' },
    { path: 'pipe', type: 'FIFO' },
    { path: 'disk', type: 'BlockDevice' },
  ])('$type $path -> $linkpath may not', (entry) => expect(entryProblem(entry)).toBeDefined());
});

describe('a bundle', () => {
  const problems = (bundle: object): string[] => {
    const parsed = BundleRequest.safeParse(bundle);
    return parsed.success ? [] : problemsOf(parsed.error).map(({ target }) => target!);
  };
  test.each([
    [{}],
    [{ variables: { a: null, 'any text': [1, { b: 'c' }] } }],
    [
      {
        files: [
          { name: 'a', sha256 },
          { name: 'b', base64: '' },
        ],
      },
    ],
  ])('%j can be one', (bundle) => expect(problems(bundle)).toEqual([]));
  test.each([
    [{ variables: [] }, ['variables']],
    [{ variables: { '': 1 } }, ['variables.']],
    [{ variables: { 'a\nb': 1 } }, ['variables.a\nb']],
    [{ files: [{ name: 'a/b', sha256 }] }, ['files[0].name']],
    [{ files: [{ name: '..', sha256 }] }, ['files[0].name']],
    [{ files: [{ name: 'variables.json', sha256 }] }, ['files[0].name']],
    [{ files: [{ name: 'a', base64: '*' }] }, ['files[0].base64']],
    [
      {
        files: [
          { name: 'a', sha256 },
          { name: 'a', sha256 },
        ],
      },
      ['files[1].name'],
    ],
    [{ variables: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`v${i}`, i])) }, ['variables']],
    [{ secrets: {} }, ['secrets']],
  ])('%j cannot', (bundle, where) => expect(problems(bundle)).toEqual(where));
});

test.each([
  [{ a: 'text' }, { MUSTER_VAR_a: 'text' }],
  [
    { n: 1.5, yes: true, no: false },
    { MUSTER_VAR_n: '1.5', MUSTER_VAR_yes: 'true', MUSTER_VAR_no: 'false' },
  ],
  [{ PATH: '/evil' }, { MUSTER_VAR_PATH: '/evil' }],
  [{ '1st': 'x' }, { MUSTER_VAR_1st: 'x' }],
  [{ list: [1], map: {}, nothing: null }, {}],
  [{ 'not-a-name': 'x', 'with space': 'x', 'a=b': 'x' }, {}],
  [{ nul: 'a\0b', long: 'x'.repeat(32_769) }, {}],
])('of the variables %j the environment has %j', (variables, environment) => {
  expect(environmentOfVariables(variables)).toEqual(environment);
});
