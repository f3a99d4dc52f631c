/**
 * Parses the JSON that Azure's host accepts in host.json and local.settings.json: comments and trailing
 * commas are allowed (it reads them with Newtonsoft.Json).
 */
export function parseJsonWithComments(text: string): unknown {
  return JSON.parse(dropTrailingCommas(dropComments(text.replace(/^\uFEFF/, ''))));
}

const stringsAndComments = /"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const stringsAndTrailingCommas = /"(?:\\.|[^"\\])*"|,(?=\s*[}\]])/g;

function dropComments(text: string): string {
  // Strings are matched too, so that what looks like a comment inside one stays.
  return text.replace(stringsAndComments, (match) => (match.startsWith('"') ? match : ' '));
}

function dropTrailingCommas(text: string): string {
  return text.replace(stringsAndTrailingCommas, (match) => (match === ',' ? '' : match));
}
