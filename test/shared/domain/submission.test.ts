import {
  canonicalMessage,
  decodeMessage,
  keptText,
  oldestSubmissionId,
  submissionIdOf,
  whyNotJson,
} from '../../../shared/domain';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a queue message', () => {
  test.each([
    ['as it is', '{"a":1}'],
    ['as base64', base64('{"a":1}')],
    ['as base64 in lines', `${base64('{"a":1}').slice(0, 4)}\r\n${base64('{"a":1}').slice(4)}\n`],
    ['with a byte-order mark', '\uFEFF{"a":1}'],
    ['as base64 with a byte-order mark', base64('\uFEFF{"a":1}')],
  ])('that is JSON %s is understood', (_how, raw) => {
    expect(decodeMessage(raw).json).toEqual({ a: 1 });
  });

  test.each([
    ['words', 'run my job, please', 'run my job, please'],
    ['words in base64', base64('run my job'), 'run my job'],
    ['XML', '<QueueMessage/>', '<QueueMessage/>'],
    ['bytes in base64 that are no text', '/////w==', '/////w=='],
    ['nothing', '', ''],
  ])('that is %s is not JSON, and is kept as text', (_what, raw, text) => {
    expect(decodeMessage(raw)).toEqual({ text, json: undefined });
  });

  test('is told by its meaning, whoever has decoded it', () => {
    const forms = ['{"a": 1}', base64('{"a": 1}'), '{"a":1}'].map(canonicalMessage);
    expect(new Set(forms).size).toBe(1);
    expect(canonicalMessage('nonsense\n')).toBe(canonicalMessage(base64('nonsense')));
    expect(canonicalMessage('{"a":2}')).not.toBe(forms[0]);
  });

  test.each(['{"password": hunter2}', 'hunter2', '{"a": "hunter2" "b"}', '{"a": "hunter2'])(
    'that is not JSON (%s) is explained without its words',
    (text) => {
      expect(whyNotJson(text)).not.toContain('hunter2');
      expect(whyNotJson(text)).toMatch(/Unexpected|Expected|Unterminated/);
    },
  );
});

describe('the text of a rejected submission', () => {
  test('has the names of environment variables, not their values, however deep and however misspelt', () => {
    const job = { environmentVariables: { TOKEN: 's3cret', N: 5 }, run: { program: 'true' } };
    const text = keptText(JSON.stringify({ version: 1, job, enviromentVariables: { A: ['s3cret'] } }));
    expect(text).not.toContain('s3cret');
    expect(JSON.parse(text)).toEqual({
      version: 1,
      job: { environmentVariables: { TOKEN: '***', N: '***' }, run: { program: 'true' } },
      enviromentVariables: { A: ['***'] },
    });
  });

  test('that is not JSON ends before anything that may be secret', () => {
    expect(keptText('{"run": 1, "environmentVariables": {"A": "s3cret"')).toMatch(/^\{"run": 1, "\*\*\* \(/);
    expect(keptText('hello')).toBe('hello');
  });

  test('is cut where it is long, and says so', () => {
    const text = keptText('x'.repeat(20_000));
    expect(text.length).toBeLessThan(16_500);
    expect(text).toMatch(/… \(3616 more characters\)$/);
  });
});

describe('submission ids', () => {
  const id = (insertedAt: string, messageId = '0A1B-2c') => submissionIdOf({ messageId, insertedAt });

  test('are the same for each delivery, and newer ones sort first', () => {
    expect(id('2026-03-01T00:00:00Z')).toBe(id('2026-03-01T00:00:00.000Z'));
    expect(id('2026-03-01T00:00:01Z') < id('2026-03-01T00:00:00Z')).toBe(true);
    expect(id('2026-03-01T00:00:00Z')).toMatch(/^sub-[a-z0-9]{9}-0a1b2c$/);
  });

  test('of messages from before a time are beyond its mark', () => {
    const mark = oldestSubmissionId(Date.parse('2026-03-01T00:00:00Z'));
    expect(id('2026-02-28T23:59:59Z') > mark).toBe(true);
    expect(id('2026-03-01T00:00:01Z') < mark).toBe(true);
  });
});
