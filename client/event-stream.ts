/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` where the stream names none. */
  event: string;
  data: string;
  /** The last id that the stream has given so far; '' before the first. */
  id: string;
}

/** How a reader stands that may have to connect again. */
export interface EventStreamState {
  lastEventId: string;
  /** What the stream asks to wait before a reconnect. */
  retryMs: number;
}

/**
 * Events of a `text/event-stream` body, as the HTML standard reads it. Keeps `state` up to date. A last event that has not come whole
 * is none.
 */
export async function* readEventStream(
  body: AsyncIterable<Uint8Array>,
  state: EventStreamState,
): AsyncGenerator<ServerSentEvent> {
  let id = state.lastEventId;
  let event = '';
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === '') {
      state.lastEventId = id;
      const text = data.join('\n');
      const isEvent = data.length > 0;
      const name = event || 'message';
      [event, data] = ['', []];
      if (isEvent) yield { event: name, data: text, id };
      continue;
    }
    const [field, value] = fieldOf(line);
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) state.retryMs = Number(value);
  }
}

/** A comment has no name before its colon, and so is no field. */
function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}

/** Lines end with LF, CR, or CR LF, which may come in two pieces. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // Takes a byte order mark off the beginning.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const isCut = rest.endsWith('\r');
    const lines = (isCut ? rest.slice(0, -1) : rest).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + (isCut ? '\r' : '');
    yield* lines;
  }
  if (rest.endsWith('\r')) yield rest.slice(0, -1);
}
