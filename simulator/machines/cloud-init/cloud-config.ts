import { parse } from 'yaml';

export type CloudConfig = Readonly<Record<string, unknown>>;

/**
 * All cloud-config parts of one user data as one. As in cloud-init's default (`dict(replace)+list()+str()`) a later part's key
 * replaces the whole earlier value, unless the part asks for lists to be appended.
 */
export function mergeCloudConfigs(parts: readonly { text: string; mergeType: string }[]): {
  config: CloudConfig;
  warnings: string[];
} {
  const config: Record<string, unknown> = {};
  const warnings: string[] = [];
  for (const part of parts) {
    const parsed = parseCloudConfig(part.text, warnings);
    const appends = /list\(\s*append/.test(mergeTypeOf(parsed, part.mergeType));
    for (const [key, value] of Object.entries(parsed)) {
      const earlier = config[key];
      if (appends && Array.isArray(earlier) && Array.isArray(value))
        config[key] = [...(earlier as unknown[]), ...(value as unknown[])];
      else config[key] = value;
    }
  }
  delete config['merge_how'];
  delete config['merge_type'];
  return { config, warnings };
}

function mergeTypeOf(config: CloudConfig, header: string): string {
  const own = config['merge_how'] ?? config['merge_type'];
  if (typeof own === 'string') return own;
  if (!Array.isArray(own)) return header;
  return (own as { name?: unknown; settings?: unknown[] }[])
    .map((merger) => `${String(merger.name)}(${(merger.settings ?? []).join(',')})`)
    .join('+');
}

function parseCloudConfig(text: string, warnings: string[]): Record<string, unknown> {
  try {
    // cloud-init reads YAML 1.1 (PyYAML): an unquoted 0644 is octal and `yes` is true.
    const value: unknown = parse(text, { version: '1.1', logLevel: 'error' });
    if (value === null || value === undefined) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    warnings.push(
      `Failed loading yaml blob. Yaml load allows (<class 'dict'>,) root types, but got ${typeof value} instead`,
    );
  } catch (error) {
    warnings.push(`Failed loading yaml blob. Invalid format: ${(error as Error).message.split('\n')[0]}`);
  }
  return {};
}
