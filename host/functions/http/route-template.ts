import { constraintOf, InvalidRoute, type RouteConstraint } from './route-constraints';

/**
 * ASP.NET Core route templates, as Azure Functions takes them: literals, `{name}`, `{name?}`, `{name=default}`,
 * `{*rest}`, constraints (`{id:int}`), and several parts in one segment (`v{version}.json`).
 */
export interface RouteTemplate {
  text: string;
  segments: RouteSegment[];
}

export type RoutePart =
  | { kind: 'literal'; text: string }
  | {
      kind: 'parameter';
      name: string;
      optional: boolean;
      catchAll: boolean;
      defaultValue: string | undefined;
      constraints: RouteConstraint[];
    };

export type RouteParameter = Extract<RoutePart, { kind: 'parameter' }>;
export type RouteSegment = RoutePart[];

export function parseRouteTemplate(text: string): RouteTemplate {
  if (/^[~/]/.test(text)) {
    throw new InvalidRoute(`it may not start with "${text[0]}"`);
  }
  const segments = text === '' ? [] : splitSegments(text.replace(/\/$/, '')).map(parseSegment);
  checkParameters(segments);
  return { text, segments };
}

function splitSegments(text: string): string[] {
  const segments: string[] = [];
  let depth = 0;
  let current = '';
  for (const char of text) {
    depth += char === '{' ? 1 : char === '}' ? -1 : 0;
    if (char === '/' && depth === 0) {
      segments.push(current);
      current = '';
    } else {
      current += char;
    }
  }
  segments.push(current);
  if (depth !== 0) {
    throw new InvalidRoute('its braces do not match');
  }
  if (segments.includes('')) {
    throw new InvalidRoute('it has an empty segment ("//")');
  }
  return segments;
}

function parseSegment(segment: string): RouteSegment {
  const parts: RouteSegment = [];
  let rest = segment;
  while (rest !== '') {
    const open = rest.indexOf('{');
    const literal = open < 0 ? rest : rest.slice(0, open);
    if (/[}?]/.test(literal)) {
      throw new InvalidRoute(`segment "${segment}" has a "}" or "?" outside a parameter`);
    }
    if (literal !== '') {
      parts.push({ kind: 'literal', text: literal });
    }
    if (open < 0) {
      break;
    }
    const end = closingBrace(rest, open);
    parts.push(parseParameter(rest.slice(open + 1, end)));
    rest = rest.slice(end + 1);
  }
  checkSegment(segment, parts);
  return parts;
}

/** Braces inside a constraint are doubled (`{id:regex(^\d{{4}}$)}`). */
function closingBrace(text: string, open: number): number {
  for (let index = open + 1; index < text.length; index += 1) {
    if (text[index] === '}' && text[index + 1] === '}' && text.slice(open + 1, index).includes('{{')) {
      index += 1;
    } else if (text[index] === '}') {
      return index;
    }
  }
  throw new InvalidRoute('its braces do not match');
}

function parseParameter(text: string): RouteParameter {
  const match = /^(\*{0,2})([^:=?*{}/]+)((?::[^=]*)?)(?:=(.*))?$/s.exec(text.replace(/\?$/, ''));
  const name = match?.[2]?.trim();
  if (!match || !name) {
    throw new InvalidRoute(`"{${text}}" is no parameter`);
  }
  return {
    kind: 'parameter',
    name,
    optional: text.endsWith('?'),
    catchAll: match[1] !== '',
    defaultValue: match[4],
    constraints: splitConstraints((match[3] ?? '').replaceAll('{{', '{').replaceAll('}}', '}')).map(
      constraintOf,
    ),
  };
}

function splitConstraints(text: string): string[] {
  return text === '' ? [] : (text.slice(1).match(/[^:()]+(?:\((?:[^()]|\([^()]*\))*\))?/g) ?? []);
}

function checkSegment(segment: string, parts: RouteSegment): void {
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (part.kind === 'parameter' && next?.kind === 'parameter') {
      throw new InvalidRoute(`segment "${segment}" has two parameters with nothing between them`);
    }
    if (part.kind === 'parameter' && part.catchAll && parts.length > 1) {
      throw new InvalidRoute(`segment "${segment}" mixes a catch-all with other parts`);
    }
  }
}

function checkParameters(segments: RouteSegment[]): void {
  const seen = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    for (const part of segment) {
      if (part.kind === 'literal') {
        continue;
      }
      const name = part.name.toLowerCase();
      if (seen.has(name)) {
        throw new InvalidRoute(`it names the parameter "${part.name}" twice`);
      }
      seen.add(name);
      if (part.catchAll && index < segments.length - 1) {
        throw new InvalidRoute(`its catch-all "${part.name}" is not the last segment`);
      }
    }
  }
}
