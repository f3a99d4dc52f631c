import type { IncomingHttpHeaders } from 'node:http';

/** An endpoint beside Resource Manager: tokens, keys, boot logs, control. Answers undefined when the path is not its own. */
export type SideEndpoint = (request: SideRequest) => Promise<SideReply | undefined> | SideReply | undefined;

export interface SideRequest {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
  baseUrl: string;
}

export interface SideReply {
  status: number;
  body?: unknown;
  text?: string;
  headers?: Record<string, string>;
}
