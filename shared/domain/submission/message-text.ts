/**
 * A queue message's text as JSON, whether its sender encoded it (base64, as Azure's bindings do) or not. Undefined: neither is JSON;
 * `text` is then what could be read of it.
 */
export function decodeMessage(raw: string): { text: string; json: unknown } {
  const plain = withoutMark(raw);
  const text = decodeBase64(plain) ?? plain;
  try {
    return { text, json: JSON.parse(text) as unknown };
  } catch {
    return { text, json: undefined };
  }
}

/** What a repeat of the message is told by, however its host has decoded it. */
export function canonicalMessage(raw: string): string {
  const { text, json } = decodeMessage(raw);
  return json === undefined ? text.trim() : JSON.stringify(json);
}

/** Where and how the text ceases to be JSON; without its words, which may be secret. */
export function whyNotJson(text: string): string {
  try {
    JSON.parse(text);
    return 'It is JSON.';
  } catch (error) {
    const { message } = error as SyntaxError;
    return message.replace(/, (?:\.\.\.)?".*$/s, '').replace(/Unexpected token .*$/s, 'Unexpected character');
  }
}

function decodeBase64(text: string): string | undefined {
  const packed = text.replace(/[ \t\r\n]/g, '');
  if (packed === '' || packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) return undefined;
  try {
    return withoutMark(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(packed, 'base64')));
  } catch {
    return undefined;
  }
}

/** Some senders begin a text with a byte-order mark. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}
