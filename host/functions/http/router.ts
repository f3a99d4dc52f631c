import type { RouteParameter, RoutePart, RouteSegment, RouteTemplate } from './route-template';

export interface Route<T> {
  template: RouteTemplate;
  /** Upper case. */
  methods: string[];
  target: T;
}

export interface RouteMatch<T> {
  target: T;
  params: Record<string, string>;
}

/** Picks the route of a request; the more literal template goes first, as ASP.NET Core orders them. */
export class Router<T> {
  readonly #routes: Route<T>[];

  constructor(routes: Route<T>[]) {
    this.#routes = [...routes].sort((a, b) => comparePrecedence(a.template, b.template));
  }

  /**
   * A method no function takes is no match either: Azure's host puts the methods into the route's constraint and
   * answers 404, not 405 (azure-functions-host issue 10098).
   */
  match(method: string, path: string): RouteMatch<T> | undefined {
    const segments = splitPath(path);
    for (const route of this.#routes) {
      const params = route.methods.includes(method)
        ? matchSegments(route.template.segments, segments)
        : undefined;
      if (params) {
        return { target: route.target, params };
      }
    }
    return undefined;
  }
}

/** Two templates of one shape match the same paths: the names of parameters do not tell them apart. */
export function shapeOf(template: RouteTemplate): string {
  return template.segments
    .map((segment) => segment.map(partShape).join(''))
    .join('/')
    .toLowerCase();
}

function partShape(part: RoutePart): string {
  if (part.kind === 'literal') {
    return part.text;
  }
  const constraints = part.constraints.map(({ text }) => `:${text}`).join('');
  return `{${part.catchAll ? '*' : ''}${constraints}}`;
}

function splitPath(path: string): string[] {
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '');
  return trimmed === '' ? [] : trimmed.split('/').map(decode);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function matchSegments(template: RouteSegment[], path: string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of template.entries()) {
    const parameter = onlyParameter(segment);
    if (parameter?.catchAll) {
      return takeCatchAll(parameter, path.slice(index), params) ? params : undefined;
    }
    const value = path[index];
    if (value === undefined) {
      if (!parameter || !takeAbsent(parameter, params)) {
        return undefined;
      }
    } else if (!(parameter ? take(parameter, value, params) : takeComplex(segment, value, params))) {
      return undefined;
    }
  }
  return path.length > template.length ? undefined : params;
}

function onlyParameter(segment: RouteSegment): RouteParameter | undefined {
  const [part] = segment;
  return segment.length === 1 && part?.kind === 'parameter' ? part : undefined;
}

function take(parameter: RouteParameter, value: string, params: Record<string, string>): boolean {
  if (value === '' || !parameter.constraints.every((constraint) => constraint.matches(value))) {
    return false;
  }
  params[parameter.name] = value;
  return true;
}

function takeAbsent(parameter: RouteParameter, params: Record<string, string>): boolean {
  if (parameter.defaultValue !== undefined) {
    params[parameter.name] = parameter.defaultValue;
    return true;
  }
  return parameter.optional;
}

function takeCatchAll(parameter: RouteParameter, rest: string[], params: Record<string, string>): boolean {
  if (rest.length === 0) {
    takeAbsent(parameter, params);
    return true;
  }
  return take(parameter, rest.join('/'), params);
}

function takeComplex(segment: RouteSegment, value: string, params: Record<string, string>): boolean {
  const parameters = segment.filter((part): part is RouteParameter => part.kind === 'parameter');
  const pattern = segment.map((part) => (part.kind === 'literal' ? escape(part.text) : '(.+)')).join('');
  const match = new RegExp(`^${pattern}$`, 'i').exec(value);
  return (
    match !== null && parameters.every((parameter, index) => take(parameter, match[index + 1] ?? '', params))
  );
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function comparePrecedence(a: RouteTemplate, b: RouteTemplate): number {
  const [left, right] = [a, b].map(({ segments }) => segments.map(segmentRank));
  const length = Math.max(left?.length ?? 0, right?.length ?? 0);
  for (let index = 0; index < length; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** RoutePrecedence.ComputeInbound: literal 1, constrained or mixed 2, parameter 3, constrained catch-all 4, catch-all 5. */
function segmentRank(segment: RouteSegment): number {
  const parameter = onlyParameter(segment);
  if (!parameter) {
    return segment.length === 1 ? 1 : 2;
  }
  const constrained = parameter.constraints.length > 0;
  return parameter.catchAll ? (constrained ? 4 : 5) : constrained ? 2 : 3;
}
