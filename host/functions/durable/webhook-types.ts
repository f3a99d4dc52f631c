import type { DurableEngine } from '../../durable/contract';
import type { WebhookAddress } from './client-binding';

export interface WebhookCall {
  method: string;
  /** Path below the extension's base, decoded and split. */
  segments: string[];
  /** Query parameters by lower-case name: the extension does not look at their case. */
  query: Map<string, string[]>;
  headers: Record<string, string | undefined>;
  body: Buffer;
  /** Full URL of the request, for `Location`. */
  url: string;
  address: WebhookAddress;
}

export interface WebhookAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface WebhookParts {
  engine: DurableEngine;
  /** Names as registered; case does not count when they are called. */
  functionNames(kind: 'orchestrator' | 'entity'): string[];
}

/** What the extension answers for an ArgumentException: 400 and this shape. */
export class BadArgument extends Error {
  constructor(
    readonly exceptionMessage: string,
    message = 'One or more of the arguments submitted is incorrect',
  ) {
    super(message);
  }

  toAnswer(): WebhookAnswer {
    return {
      status: 400,
      body: {
        Message: this.message,
        ExceptionMessage: this.exceptionMessage,
        ExceptionType: 'System.ArgumentException',
        StackTrace: null,
      },
    };
  }
}

export function errorAnswer(status: number, message: string): WebhookAnswer {
  return { status, body: { Message: message } };
}

export const first = (call: WebhookCall, name: string): string | undefined =>
  call.query.get(name.toLowerCase())?.[0];

/** `bool.TryParse`: undefined when it is neither. */
export function flag(call: WebhookCall, name: string): boolean | undefined {
  const text = first(call, name)?.trim().toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

export function wholeNumber(call: WebhookCall, name: string): number | undefined {
  const text = first(call, name);
  return text !== undefined && /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : undefined;
}

export function realNumber(call: WebhookCall, name: string): number | undefined {
  const text = first(call, name);
  return text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
}

export function date(call: WebhookCall, name: string): Date | undefined {
  const time = Date.parse(first(call, name) ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}

/** JSON of a body; an empty one is null, as Newtonsoft reads it. */
export function parseBody(call: WebhookCall): unknown {
  const text = call.body.toString();
  return text === '' ? null : (JSON.parse(text) as unknown);
}
