/** One entry of a packed folder. */
export interface ArchiveEntry {
  path: string;
  /** As `tar` names it. */
  type: string;
  linkpath?: string | undefined;
}

/**
 * Why an entry must not be unpacked; undefined where it may. What passes leads out of the folder neither by itself nor with others: a
 * link's target climbs at its beginning only, from a folder that is none, so links upon links end inside too.
 */
export function entryProblem({ path, type, linkpath = '' }: ArchiveEntry): string | undefined {
  if (leadsOut(path)) return 'leads out of the folder.';
  if (type === 'SymbolicLink') {
    const isOut = linkpath.startsWith('/') || leadsOut([...path.split('/').slice(0, -1), linkpath].join('/'));
    if (isOut) return 'is a link that leads out of the folder.';
    if (climbsLate(linkpath)) return 'is a link with ".." behind a name.';
  }
  if (type === 'Link' && (leadsOut(linkpath) || linkpath.split('/').includes('..')))
    return 'is a link that leads out of the folder.';
  if (['File', 'OldFile', 'ContiguousFile', 'Directory', 'SymbolicLink', 'Link'].includes(type))
    return undefined;
  return `is a ${type}: files, folders and links are taken.`;
}

/** Its path as it lies in the folder. */
export function entryPath(path: string): string {
  return path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
}

function leadsOut(path: string): boolean {
  if (path.startsWith('/') || path.includes('\0')) return true;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth--;
    else if (part !== '.' && part !== '') depth++;
    if (depth < 0) return true;
  }
  return false;
}

function climbsLate(target: string): boolean {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  return (
    parts.lastIndexOf('..') > parts.findIndex((part) => part !== '..') && parts.some((part) => part !== '..')
  );
}
