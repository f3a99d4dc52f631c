import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectionString, resolveSettings } from '../../../host/functions/app-settings';
import { readHostConfig } from '../../../host/functions/host-config';
import { parseJsonWithComments } from '../../../host/functions/json-with-comments';
import { LogFilter } from '../../../host/functions/logging';

describe('host.json', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'muster-config-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const read = (text: string, environment: NodeJS.ProcessEnv = {}) => {
    const problems: string[] = [];
    writeFileSync(path.join(directory, 'host.json'), text);
    return { ...readHostConfig(directory, environment, problems), problems };
  };

  test("Azure's defaults hold where it says nothing", () => {
    expect(read('{"version":"2.0"}')).toMatchObject({
      routePrefix: 'api',
      hubName: 'TestHubName',
      onlyFunctions: undefined,
      queues: {
        batchSize: 16,
        newBatchThreshold: 8,
        maxDequeueCount: 5,
        visibilityTimeoutMs: 0,
        maxPollingIntervalMs: 60_000,
        messageEncoding: 'base64',
      },
      problems: [],
    });
  });

  test('settings override it, whatever their case', () => {
    const { queues, routePrefix, problems } = read(
      '{"version":"2.0","extensions":{"queues":{"batchSize":2}}}',
      {
        AzureFunctionsJobHost__extensions__Queues__BatchSize: '8',
        AzureFunctionsJobHost__extensions__http__routePrefix: '',
      },
    );
    expect([queues.batchSize, routePrefix, problems]).toEqual([8, '', []]);
  });

  test('the task hub may be named by a setting', () => {
    const text = '{"version":"2.0","extensions":{"durableTask":{"hubName":"%HUB%"}}}';
    expect(read(text, { HUB: 'FromSetting' }).hubName).toBe('FromSetting');
  });

  test.each([
    ['{', 'host.json is not JSON'],
    ['{}', '"version" must be "2.0"'],
    ['{"version":"2.0","logging":{"logLevel":{"default":"Loud"}}}', 'logging.logLevel.default'],
    [
      '{"version":"2.0","extensions":{"queues":{"maxPollingInterval":"soon"}}}',
      'extensions.queues.maxPollingInterval',
    ],
    ['{"version":"2.0","extensions":{"queues":{"maxDequeueCount":0}}}', 'extensions.queues.maxDequeueCount'],
  ])('%s is a problem', (text, problem) => {
    expect(read(text).problems.join('\n')).toContain(problem);
  });

  test('a missing file is a problem', () => {
    const problems: string[] = [];
    readHostConfig(path.join(directory, 'nowhere'), {}, problems);
    expect(problems.join('\n')).toContain('does not exist');
  });
});

test('comments and trailing commas are dropped, but not inside strings', () => {
  expect(
    parseJsonWithComments(
      '\uFEFF{ // one\n "a": "// kept, /* kept */", /* two\n */ "b": [1, 2,], "c": ",}", }',
    ),
  ).toEqual({ a: '// kept, /* kept */', b: [1, 2], c: ',}' });
});

test('the longest category decides whether a line is logged', () => {
  const filter = new LogFilter({
    default: 'warning',
    Function: 'information',
    'Function.loud': 'trace',
    Host: 'none',
  });
  const allowed = ([category, level]: [string, Parameters<LogFilter['allows']>[1]]) =>
    filter.allows(category, level);
  expect(
    (
      [
        ['Worker', 'information'],
        ['Worker', 'warning'],
        ['Function.any.User', 'information'],
        ['Function.any.User', 'debug'],
        ['function.LOUD.User', 'trace'],
        ['Functions.loud', 'information'],
        ['Host.Http', 'critical'],
      ] as [string, Parameters<LogFilter['allows']>[1]][]
    ).map(allowed),
  ).toEqual([false, true, true, false, true, false, false]);
});

test('bindings name settings between percent signs; a missing one is told', () => {
  expect(resolveSettings('a-%X%-b', { X: 'x' })).toEqual({ value: 'a-x-b' });
  expect(resolveSettings('%Y%', {})).toEqual({ value: '', missing: 'Y' });
});

test('a connection is looked up as AzureWebJobs<name> first, then by its name', () => {
  const environment = {
    AzureWebJobsStorage: 'default',
    AzureWebJobsOne: 'prefixed',
    One: 'plain',
    Two: 'two',
  };
  const names = [undefined, '', 'AzureWebJobsStorage', 'One', 'Two', 'Three'];
  expect(names.map((name) => connectionString(name, environment))).toEqual([
    ...['default', 'default', 'default', 'prefixed', 'two'],
    undefined,
  ]);
});
