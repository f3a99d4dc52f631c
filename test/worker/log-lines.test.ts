import { LineSplitter } from '../../worker/logs/line-splitter';
import { exportRequest, outcomeOf } from '../../worker/logs/otlp';

function split(bytes: Buffer, size: number, maxBytes = 16): [string, boolean][] {
  const splitter = new LineSplitter(maxBytes);
  const lines = [];
  for (let start = 0; start < bytes.length; start += size)
    lines.push(...splitter.push(bytes.subarray(start, start + size)));
  lines.push(...splitter.flush());
  return lines.map(({ text, isCut }) => [text, isCut]);
}

describe('lines of a stream', () => {
  test.each<[string, string | Buffer, [string, boolean][]]>([
    [
      'lines',
      'one\ntwo\n',
      [
        ['one', false],
        ['two', false],
      ],
    ],
    [
      'a last line without an end',
      'one\ntwo',
      [
        ['one', false],
        ['two', false],
      ],
    ],
    [
      'empty lines',
      '\n\na\n',
      [
        ['', false],
        ['', false],
        ['a', false],
      ],
    ],
    [
      'lines that end with CR LF',
      'one\r\ntwo\r\n',
      [
        ['one', false],
        ['two', false],
      ],
    ],
    [
      'characters of several bytes',
      'ä€😀\nü\n',
      [
        ['ä€😀', false],
        ['ü', false],
      ],
    ],
    ['what is no UTF-8', Buffer.from([0x61, 0xff, 0x62, 0x0a]), [['a\uFFFDb', false]]],
    ['a line of just the limit', '0123456789abcdef\n', [['0123456789abcdef', false]]],
    [
      'a line beyond it, in parts',
      '0123456789abcdefghij\nx',
      [
        ['0123456789abcdef', true],
        ['ghij', false],
        ['x', false],
      ],
    ],
    [
      'a long line whose cut would split a character',
      '0123456789abcd😀e\n',
      [
        ['0123456789abcd', true],
        ['😀e', false],
      ],
    ],
    ['nothing', '', []],
  ])('are %s, however the bytes are cut', (_what, input, expected) => {
    const bytes = Buffer.from(input as string);
    for (const size of [1, 2, 3, 5, 1000]) expect(split(bytes, size)).toEqual(expected);
  });
});

test('a record bears whose line it is, in the shapes of OTLP', () => {
  const source = { jobId: 'job-1', task: 3, retry: 1, attemptId: '001-a-3', worker: 'vm-0' };
  const records = [
    { atMs: 1700000000123, text: 'hello', isCut: true, source: { ...source, stream: 'stderr' as const } },
  ];
  expect(exportRequest(records, { name: 'vm', version: '0.1.0' })).toEqual({
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: { stringValue: 'muster-task' } },
            { key: 'service.version', value: { stringValue: '0.1.0' } },
            { key: 'host.name', value: { stringValue: 'vm' } },
          ],
        },
        scopeLogs: [
          {
            scope: { name: 'muster.agent', version: '0.1.0' },
            logRecords: [
              {
                timeUnixNano: '1700000000123000000',
                observedTimeUnixNano: '1700000000123000000',
                body: { stringValue: 'hello' },
                attributes: [
                  { key: 'muster.job.id', value: { stringValue: 'job-1' } },
                  { key: 'muster.task', value: { intValue: 3 } },
                  { key: 'muster.retry', value: { intValue: 1 } },
                  { key: 'muster.attempt.id', value: { stringValue: '001-a-3' } },
                  { key: 'muster.worker', value: { stringValue: 'vm-0' } },
                  { key: 'log.iostream', value: { stringValue: 'stderr' } },
                  { key: 'muster.line.cut', value: { boolValue: true } },
                ],
              },
            ],
          },
        ],
      },
    ],
  });
});

test.each([
  [200, {}, { kind: 'taken', rejected: 0 }],
  [200, null, { kind: 'taken', rejected: 0 }],
  [
    200,
    { partialSuccess: { rejectedLogRecords: '7', errorMessage: 'too old' } },
    { kind: 'taken', rejected: 7 },
  ],
  [400, {}, { kind: 'refused', message: 'status 400' }],
  [500, {}, { kind: 'refused', message: 'status 500' }],
  [429, {}, { kind: 'retry', afterMs: 2000, message: 'status 429' }],
  [503, {}, { kind: 'retry', afterMs: 2000, message: 'status 503' }],
])('an answer %d %j is %j', (status, body, outcome) => {
  expect(outcomeOf(status, 2000, body)).toEqual(outcome);
});
