import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MusterClient, readEventStream, type FollowEvent, type ServerSentEvent } from '../../client';

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(text: string, size = text.length): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  const state = { lastEventId: 'before', retryMs: 1000 };
  for await (const event of readEventStream(pieces(text, Math.max(size, 1)), state)) events.push(event);
  return events;
}

const message = (data: string, changes: Partial<ServerSentEvent> = {}): ServerSentEvent => ({
  event: 'message',
  data,
  id: 'before',
  ...changes,
});

describe('server-sent events', () => {
  test.each<[string, string, ServerSentEvent[]]>([
    ['a name, an id and data', 'event: a\nid: 7\ndata: x\n\n', [message('x', { event: 'a', id: '7' })]],
    ['lines of data joined', 'data: x\ndata:y\ndata:  z\n\n', [message('x\ny\n z')]],
    [
      'an id that stays until the next',
      'id: 7\ndata: x\n\ndata: y\n\n',
      ['x', 'y'].map((data) => message(data, { id: '7' })),
    ],
    [
      'lines that end with CR LF and with CR',
      'event: a\r\ndata: x\r\n\r\ndata: y\r\r',
      [message('x', { event: 'a' }), message('y')],
    ],
    ['a byte order mark', '\uFEFFdata: x\n\n', [message('x')]],
    ['comments and unknown fields, passed over', ': alive\n\nfoo: bar\ndata: x\n\n', [message('x')]],
    ['an event without data, which is none', 'event: a\n\ndata: x\n\n', [message('x')]],
    ['an event that has not come whole, which is none', 'data: x\n\ndata: y\n', [message('x')]],
    ['characters of several bytes', 'data: ä😀\n\n', [message('ä😀')]],
  ])('are read with %s, however they are cut', async (_what, text, expected) => {
    for (const size of [1, 2, 3, 7, 1000]) expect(await read(text, size)).toEqual(expected);
  });

  test('tell how long to wait before a reconnect, and where to go on', async () => {
    const state = { lastEventId: '', retryMs: 1000 };
    const text = 'retry: 20\nid: 5\ndata: x\n\nid: 6\ndata: cut';
    for await (const _ of readEventStream(pieces(text, 4), state)) expect(state.lastEventId).toBe('5');
    expect(state).toEqual({ lastEventId: '5', retryMs: 20 });
  });
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe('a follow of the client', () => {
  let server: Server;
  let client: MusterClient;
  let answers: Answer[];
  let asked: (string | undefined)[];
  beforeEach(async () => {
    [answers, asked] = [[], []];
    server = createServer((request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined);
      const answer = answers.shift();
      if (answer) answer(request, response);
      else response.writeHead(404).end('{"error":{"code":"JobNotFound","message":"gone"}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new MusterClient({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      key: 'k',
    });
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const follow = async (): Promise<FollowEvent[]> => {
    const events: FollowEvent[] = [];
    for await (const event of client.followOutput('job-1', { task: 0 })) events.push(event);
    return events;
  };
  const output = (id: string, text: string): string => {
    const bytes = Buffer.from(text).toString('base64');
    const data = { task: 0, retry: 0, attemptId: 'a', stream: 'stdout', offset: 0, bytes };
    return `retry: 1\n\nid: ${id}\nevent: output\ndata: ${JSON.stringify(data)}\n\n`;
  };
  const end = 'id: end\nevent: end\ndata: {"task":0,"state":"succeeded"}\n\n';
  const stream =
    (text: string): Answer =>
    (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
    };
  const cut: Answer = (_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .write(output('2', 'b'), () => response.destroy());
  };
  const refuse =
    (status: number): Answer =>
    (_, response) =>
      void response.writeHead(status).end('{}');

  test('connects again with the last id where the stream ends, breaks or is refused for a while, and ends with `end`', async () => {
    answers = [stream(output('1', 'a')), cut, refuse(503), stream(output('3', 'c') + end)];
    const events = await follow();
    const text = events.map((event) =>
      event.event === 'output' ? Buffer.from(event.bytes).toString() : event.event,
    );
    expect(text).toEqual(['a', 'b', 'c', 'end']);
    expect(asked).toEqual([undefined, '1', '2', '2']);
    expect(events.at(-1)).toEqual({ event: 'end', id: 'end', task: { task: 0, state: 'succeeded' } });
  });

  test('rejects at once with what the control plane refuses', async () => {
    await expect(follow()).rejects.toMatchObject({ status: 404, code: 'JobNotFound' });
    expect(asked).toHaveLength(1);
  });

  test('ends without an event where there is nothing to go on with', async () => {
    answers = [refuse(204)];
    expect(await follow()).toEqual([]);
  });

  test('ends when its signal does, also between two connections', async () => {
    answers = [stream('retry: 60000\n\n')];
    const abort = new AbortController();
    const following = (async () => {
      for await (const _ of client.followOutput('job-1', { signal: abort.signal }));
    })();
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(following).rejects.toThrow('enough');
  });
});
