import { isQueueName, poisonQueueOf } from '../../../host/functions/queue/queue-name';
import { Queues } from '../../../host/functions/queue/queues';
import { typedDataToJson, typedDataToMessages } from '../../../host/functions/typed-data';

describe('queue messages', () => {
  test('are base64 unless host.json says none', () => {
    const [base64, none] = [new Queues('base64'), new Queues('none')];
    expect(base64.encode(Buffer.from('hä'))).toBe('aMOk');
    expect(base64.decode('aMOk')?.toString()).toBe('hä');
    expect(none.encode(Buffer.from('hä'))).toBe('hä');
    expect(none.decode('hä')?.toString()).toBe('hä');
  });

  test.each(['aMOk\n', 'a MO\tk', 'aM\r\nOk'])('white space in base64 (%j) is passed over', (text) => {
    expect(new Queues('base64').decode(text)?.toString()).toBe('hä');
  });

  test.each(['abc', 'aMO', '<xml/>', 'a=bc', '{"a":1}'])('"%s" is not base64', (text) => {
    expect(new Queues('base64').decode(text)).toBeUndefined();
  });

  test.each([
    [{ string: 'one' }, ['one']],
    [{ json: '["a",{"b":1},2]' }, ['a', '{"b":1}', '2']],
    [{ json: '{"b":1}' }, ['{"b":1}']],
    [{ bytes: Buffer.from('raw') }, ['raw']],
    [{ int: 7 }, ['7']],
    [undefined, []],
    [{}, []],
  ])('the output %j is sent as %j', (data, messages) => {
    expect(typedDataToMessages(data).map(String)).toEqual(messages);
  });

  test.each([
    [{ string: '5' }, '"5"'],
    [{ json: '{"a":1}' }, '{"a":1}'],
    [{ int: 0 }, '0'],
    [{ double: 1.5 }, '1.5'],
    [{ bytes: Buffer.from([1, 2]) }, '"AQI="'],
    [null, undefined],
    [{}, undefined],
  ])('the result %j of an activity is kept as %s', (data, json) => {
    expect(typedDataToJson(data)).toBe(json);
  });
});

describe('names of queues', () => {
  test.each(['abc', 'a-b-c', '123', 'a'.repeat(63)])('"%s" is one', (name) =>
    expect(isQueueName(name)).toBe(true),
  );
  test.each(['ab', 'A-b-c', 'a--b', '-abc', 'abc-', 'a_b', 'a'.repeat(64), ''])('"%s" is none', (name) =>
    expect(isQueueName(name)).toBe(false),
  );

  test('a poison queue has no poison queue', () => {
    expect([poisonQueueOf('work'), poisonQueueOf('work-poison')]).toEqual(['work-poison', undefined]);
  });
});
