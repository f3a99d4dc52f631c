import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** DESIGN section 3: which folder may import which. Project references say the same to the compiler. */
const mayImport = {
  'shared/contracts': ['shared/contracts'],
  'shared/domain': ['shared', 'shared/contracts', 'shared/domain'],
  'shared/durable': ['shared/contracts', 'shared/domain', 'shared/durable'],
  'shared/ports': ['shared', 'shared/contracts', 'shared/domain', 'shared/ports'],
  'shared/azure': ['shared', 'shared/contracts', 'shared/domain', 'shared/ports', 'shared/azure'],
  orchestrators: ['shared/contracts', 'shared/domain', 'shared/durable', 'orchestrators'],
  worker: ['shared/contracts', 'worker'],
  client: ['shared/contracts', 'client'],
  cli: ['shared/contracts', 'client', 'cli'],
  scripts: ['client', 'shared/contracts', 'scripts'],
  host: ['host'],
  simulator: ['simulator'],
};
const folders = [...Object.keys(mayImport), 'shared', 'functions', 'bench', 'test'];

/** One zone a folder: everything of the tree but what it may import. `shared` alone means the files at its root. */
const zones = Object.entries(mayImport).map(([target, allowed]) => ({
  target: `./${target}/**/*`,
  from: folders
    .filter((folder) => !allowed.includes(folder))
    .map((folder) => (folder === 'shared' ? './shared/*.ts' : `./${folder}/**/*`)),
  message: `${target} may import ${allowed.join(', ')} and nothing else of this repository.`,
}));

const ports = [
  '@azure/arm-compute',
  '@azure/arm-network',
  '@azure/data-tables',
  '@azure/identity',
  '@azure/storage-blob',
  '@azure/storage-queue',
];
const outsideAdapters = {
  paths: ports.map((name) => ({
    name,
    message: 'Azure SDKs are imported in shared/azure (and worker) alone.',
  })),
};

const nondeterministic = 'An orchestrator is replayed: the same history must give the same actions.';
const determinismFence = {
  'no-restricted-globals': [
    'error',
    ...[
      'crypto',
      'setTimeout',
      'setInterval',
      'setImmediate',
      'queueMicrotask',
      'fetch',
      'process',
      'console',
      'performance',
      'Promise',
      'Buffer',
      'require',
      'globalThis',
    ].map((name) => ({ name, message: nondeterministic })),
  ],
  'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: nondeterministic }],
  'no-restricted-syntax': [
    'error',
    {
      selector: "MemberExpression[object.name='Date']:matches([property.name='now'], [property.value='now'])",
      message: nondeterministic,
    },
    { selector: "CallExpression[callee.name='Date']", message: nondeterministic },
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: nondeterministic },
    { selector: 'AwaitExpression', message: nondeterministic },
    { selector: ':function[async=true]', message: nondeterministic },
    { selector: 'ImportExpression', message: nondeterministic },
  ],
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        { regex: '^(node:|@azure/)', message: nondeterministic },
        { regex: '^(fs|os|path|http|https|net|child_process|crypto|timers)$', message: nondeterministic },
      ],
    },
  ],
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      '.muster/',
      'coverage/',
      'examples/',
      'test/host/fixtures/',
      'test/check/fixtures/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, properties: false } },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { disallowTypeAnnotations: false, fixStyle: 'inline-type-imports' },
      ],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'max-params': ['error', 3],
      'max-lines': ['error', { max: 300 }],
      eqeqeq: 'error',
    },
  },
  {
    files: [
      'functions/**/*.ts',
      'shared/{contracts,domain,durable,ports}/**/*.ts',
      'client/**/*.ts',
      'cli/**/*.ts',
    ],
    rules: { 'no-restricted-imports': ['error', outsideAdapters] },
  },
  { files: ['orchestrators/**/*.ts'], rules: determinismFence },
  // The determinism fence for what orchestrators call: decisions take the time, they do not ask for it.
  {
    files: ['shared/domain/**/*.ts'],
    ignores: ['shared/domain/tokens.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "MemberExpression[object.name='Date']:matches([property.name='now'], [property.value='now'])",
          message: nondeterministic,
        },
      ],
      'no-restricted-properties': determinismFence['no-restricted-properties'],
    },
  },
  // An error says its status, its code, its message, and what else there is.
  { files: ['**/errors.ts'], rules: { 'max-params': ['error', 4] } },
  // A row of a test's table has as many columns as it needs.
  { files: ['test/**/*.ts'], rules: { 'max-lines': ['error', { max: 400 }], 'max-params': 'off' } },
);
