import { hostname } from 'node:os';
import type { ServerResponse } from 'node:http';
import type { FunctionDefinition } from '../function-definitions';
import type { ClockControl } from '../clock-control';
import type { KeyAuthorization } from './auth';
import { readBody, type HostRequest } from './request';
import { sendEmpty, sendJson } from './response';

export interface AdminOptions {
  authorization: KeyAuthorization;
  functions: FunctionDefinition[];
  routePrefix: string;
  /** Runs a function that is not called over HTTP, as the portal's "Test/Run" does. */
  runNow: (definition: FunctionDefinition, input: string | undefined) => boolean;
  /** Absent unless the host was started with clock control. */
  clock: ClockControl | undefined;
  hostId: string;
}

const bodyLimit = 1024 * 1024;

/** The management calls under `/admin`. All but the ping ask for the master key. */
export class AdminEndpoint {
  readonly #options: AdminOptions;
  readonly #started = performance.now();

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  async handle(request: HostRequest, response: ServerResponse): Promise<void> {
    const [, , area = '', name = ''] = request.path.toLowerCase().split('/');
    if (area === 'host' && name === 'ping') {
      sendJson(response, 200, { body: {} });
      return;
    }
    const isClock = area === 'muster-host' && name === 'clock' && this.#options.clock !== undefined;
    if (!isClock && area !== 'functions' && !(area === 'host' && name === 'status')) {
      sendEmpty(response, 404);
      return;
    }
    if (!this.#options.authorization.isMaster(request)) {
      sendEmpty(response, 401);
      return;
    }
    if (isClock) {
      await this.#controlClock(request, response);
    } else if (area === 'functions') {
      await this.#functions(request, response, name);
    } else {
      sendJson(response, 200, { body: this.#status() });
    }
  }

  #status(): object {
    return {
      id: this.#options.hostId,
      state: 'Running',
      version: '4.1037.0.0',
      versionDetails: 'muster-host',
      platformVersion: '',
      instanceId: this.#options.hostId,
      computerName: hostname(),
      processUptime: Math.round(performance.now() - this.#started),
      functionAppContentEditingState: 'NotAllowed',
    };
  }

  async #functions(request: HostRequest, response: ServerResponse, name: string): Promise<void> {
    const { functions } = this.#options;
    const one = functions.find((definition) => definition.name.toLowerCase() === name);
    if (name === '' && request.method === 'GET') {
      sendJson(response, 200, { body: functions.map((definition) => this.#describe(definition, request)) });
    } else if (one && request.method === 'GET') {
      sendJson(response, 200, { body: this.#describe(one, request) });
    } else if (one && request.method === 'POST') {
      await this.#run(one, request, response);
    } else {
      sendEmpty(response, 404);
    }
  }

  async #run(definition: FunctionDefinition, request: HostRequest, response: ServerResponse): Promise<void> {
    const text = (await readBody(request.raw, bodyLimit)).toString();
    const parsed = parseJson(text === '' ? '{}' : text) as { input?: unknown } | undefined;
    if (parsed === undefined || typeof parsed !== 'object') {
      sendJson(response, 400, { body: { message: 'The body must be JSON: {"input": "..."}.' } });
      return;
    }
    const input = typeof parsed.input === 'string' || parsed.input === undefined ? parsed.input : undefined;
    sendEmpty(response, this.#options.runNow(definition, input) ? 202 : 400);
  }

  #describe({ name, registered, trigger, disabled }: FunctionDefinition, { origin }: HostRequest): object {
    const prefix = this.#options.routePrefix === '' ? '' : `${this.#options.routePrefix}/`;
    const bindings = Object.entries(registered.metadata.bindings).map(([binding, info]) => ({
      ...info,
      name: binding,
    }));
    return {
      name,
      language: 'node',
      isDisabled: disabled,
      href: `${origin}/admin/functions/${name}`,
      invoke_url_template: trigger.kind === 'http' ? `${origin}/${prefix}${trigger.route.text}` : '',
      config: { name, language: 'node', bindings },
    };
  }

  async #controlClock(request: HostRequest, response: ServerResponse): Promise<void> {
    const { clock } = this.#options;
    const given = parseJson((await readBody(request.raw, bodyLimit)).toString() || '{}');
    const problem = request.method === 'POST' ? clock?.apply(given) : undefined;
    if (problem !== undefined) {
      sendJson(response, 400, { body: { message: problem } });
    } else {
      sendJson(response, 200, {
        body: { now: new Date(clock?.now() ?? 0).toISOString(), scale: clock?.scale },
      });
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
