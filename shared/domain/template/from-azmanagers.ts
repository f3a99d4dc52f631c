import type { ImportChange, TemplateKind } from '../../contracts';
import { importRules, type ImportRule } from './azmanagers-rules';

/** An entry of AzManagers' files in our shape, yet to be judged by its schema; and what was changed on the way. */
export interface Translated {
  value: unknown;
  changes: ImportChange[];
}

/** Deeper than any ARM body; what lies below is the schema's to refuse. */
const maxDepth = 20;

/** The wrapper { subscriptionid, resourcegroup, tempdisk, value }; an interface's body may stand without one. */
export function translateTemplate(kind: TemplateKind, entry: unknown): Translated {
  if (!isObject(entry)) return { value: entry, changes: [] };
  const isBare = kind === 'network-interface' && !('value' in entry);
  const wrapper = isBare ? { value: entry } : entry;
  const body = applyRules(wrapper.value, importRules[kind], isBare ? '' : 'value');
  const known = kind === 'network-interface' ? ['value'] : ['value', ...Object.keys(wrapperKeys)];
  const dropped = Object.keys(wrapper).filter((key) => !known.includes(key));
  const changes = [...dropped.map(unknownKey), ...body.changes];
  if (kind === 'network-interface') return { value: { value: body.value }, changes };
  const { subscriptionid, resourcegroup, tempdisk } = wrapper as Record<string, unknown>;
  if (!isAbsent(tempdisk)) {
    const why =
      'its name here is bootCommands; root runs it at every boot, before the agent starts, in a shell of its own';
    changes.push({ change: 'renamed', path: 'tempdisk', why });
  }
  const value = {
    ...(!isAbsent(subscriptionid) && { subscriptionId: subscriptionid }),
    ...(!isAbsent(resourcegroup) && { resourceGroup: resourcegroup }),
    ...(!isAbsent(tempdisk) && { bootCommands: [tempdisk] }),
    value: body.value,
  };
  return { value, changes };
}

/** `publicKeys`: texts of the public key files that came along, by name. */
export function translateManifest(entry: unknown, publicKeys: Record<string, unknown>): Translated {
  if (!isObject(entry)) return { value: entry, changes: [] };
  const { subscriptionid, resourcegroup, ssh_user, ssh_public_key_file, ...others } = entry;
  const changes = Object.keys(others).map((key) =>
    key === 'ssh_private_key_file'
      ? drop(key, 'nothing in Muster needs a private key (AzManagers never read it either)')
      : unknownKey(key),
  );
  const key = keyOf(ssh_public_key_file, publicKeys);
  if (ssh_public_key_file !== undefined) changes.push(publicKeyChange(key !== undefined));
  const value = {
    subscriptionId: subscriptionid,
    resourceGroup: resourcegroup,
    ...(!isAbsent(ssh_user) && { sshUser: ssh_user }),
    ...(key !== undefined && { sshPublicKeys: [typeof key === 'string' ? key.trim() : key] }),
  };
  return { value, changes };
}

/** Our name for a template: AzManagers takes any text, Azure and routes do not. Undefined where nothing is left of it. */
export function importedName(name: string): string | undefined {
  const legal = name
    .replaceAll('+', 'plus')
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 54)
    .replace(/^[._-]+|[._-]+$/g, '');
  return legal || undefined;
}

/** Our field names back to the file's, for the paths of problems. */
export function azManagersPath(path: string): string {
  const [head = '', ...rest] = path.split('.');
  return [wrapperNames.get(head) ?? head, ...rest].join('.');
}

const wrapperKeys = {
  subscriptionid: 'subscriptionId',
  resourcegroup: 'resourceGroup',
  tempdisk: 'bootCommands[0]',
};
const wrapperNames = new Map([
  ...Object.entries(wrapperKeys).map(([theirs, ours]) => [ours, theirs] as const),
  ['sshUser', 'ssh_user'] as const,
  ['sshPublicKeys[0]', 'ssh_public_key_file'] as const,
]);

/** The file that the manifest names, by the last part of its path; the only one there is where that one did not come. */
function keyOf(path: unknown, publicKeys: Record<string, unknown>): unknown {
  const named = typeof path === 'string' ? publicKeys[path.split(/[\\/]/).at(-1) ?? ''] : undefined;
  const all = Object.values(publicKeys);
  return named ?? (all.length === 1 ? all[0] : undefined);
}

function publicKeyChange(isHere: boolean): ImportChange {
  const path = 'ssh_public_key_file';
  return isHere
    ? { change: 'replaced', path, why: 'the key itself is kept (sshPublicKeys), not the path of its file' }
    : drop(
        path,
        "the app cannot read a file of yours: send it along under its own name ('azmanagers_rsa.pub'), or PUT /api/manifest with sshPublicKeys; keys that were there stay",
      );
}

function applyRules(root: unknown, rules: readonly ImportRule[], rootPath: string): Translated {
  const changes: ImportChange[] = [];
  const prefix = rootPath && `${rootPath}.`;
  const visit = (value: unknown, path: string, depth: number): unknown => {
    if (depth > maxDepth) return value;
    if (Array.isArray(value)) return value.map((item, index) => visit(item, `${path}[${index}]`, depth + 1));
    if (!isObject(value)) return value;
    const kept = Object.entries(value).flatMap(([key, inner]) => {
      const innerPath = path ? `${path}.${key}` : key;
      const rule = rules.find((one) => matches(one, innerPath, inner));
      if (!rule) return [[key, visit(inner, innerPath, depth + 1)]];
      const hasReplacement = rule.replacement !== undefined;
      const change = hasReplacement ? 'replaced' : 'dropped';
      changes.push({ change, path: `${prefix}${innerPath}`, why: rule.why });
      return hasReplacement ? [[key, rule.replacement]] : [];
    });
    return Object.fromEntries(kept) as unknown;
  };
  return { value: visit(root, '', 0), changes };
}

function matches(rule: ImportRule, path: string, value: unknown): boolean {
  const place = path.replace(/\[\d+\]/g, '[]');
  const isThere = rule.path.startsWith('**.')
    ? rule.path === '**.' || `.${place}`.endsWith(rule.path.slice(2))
    : rule.path === place;
  return isThere && (rule.when?.(value) ?? true);
}

function drop(path: string, why: string): ImportChange {
  return { change: 'dropped', path, why };
}

function unknownKey(key: string): ImportChange {
  return drop(key, 'AzManagers does not read it');
}

/** AzManagers writes what is not set as an empty text. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
