/**
 * What the library hands over of a message, as text again: it has parsed what is JSON. The host decodes nothing (`messageEncoding` is
 * `none`), because it would put what is not base64 aside unseen.
 */
export function messageText(message: unknown): string {
  if (typeof message === 'string') return message;
  if (Buffer.isBuffer(message)) return message.toString();
  return JSON.stringify(message) ?? '';
}
