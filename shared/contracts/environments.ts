import { z } from 'zod';
import { ResourceName } from './names';

/** A folder as sent: at most so much packed, and so much unpacked, in so many entries. */
export const maxEnvironmentBytes = 50 * 1024 * 1024;
export const maxEnvironmentUnpackedBytes = 500 * 1024 * 1024;
export const maxEnvironmentEntries = 20_000;

/**
 * What of a folder is instantiated, in this order; each by the file at its top that asks for it: `environment.yml` (conda, mamba or
 * micromamba), `requirements.txt` and `pyproject.toml` (a virtual environment of the VM's Python), `package.json` (npm ci), `Project.toml`
 * (Julia), `setup.sh` (run with the folder as its working directory).
 */
export const EnvironmentPart = z.enum(['conda', 'python', 'node', 'julia', 'setup']);
export type EnvironmentPart = z.infer<typeof EnvironmentPart>;

export const environmentFiles: Record<string, EnvironmentPart> = {
  'environment.yml': 'conda',
  'environment.yaml': 'conda',
  'requirements.txt': 'python',
  'pyproject.toml': 'python',
  'package.json': 'node',
  'Project.toml': 'julia',
  'setup.sh': 'setup',
};

/** Parts in their order, of the names at a folder's top. */
export function partsOf(names: Iterable<string>): EnvironmentPart[] {
  const found = new Set([...names].flatMap((name) => environmentFiles[name] ?? []));
  return EnvironmentPart.options.filter((part) => found.has(part));
}

/** GET /api/environments/{name}. */
export const EnvironmentView = z.object({
  name: ResourceName,
  /** Of the archive; the same content is stored once. */
  sha256: z.string(),
  bytes: z.int(),
  entries: z.int(),
  parts: z.array(EnvironmentPart),
  updatedAt: z.string(),
});
export type EnvironmentView = z.infer<typeof EnvironmentView>;

/** What a VM is told of the environment to make. */
export const EnvironmentToMake = z.object({
  name: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  parts: z.array(EnvironmentPart),
  /** Of the archive (tar, gzip); holds a short-lived signature and is a secret. */
  url: z.string(),
});
export type EnvironmentToMake = z.infer<typeof EnvironmentToMake>;

/** How a VM's environment stands, as its agent tells; null once it is there. */
export const Preparation = z.object({
  state: z.enum(['preparing', 'failed']),
  message: z.string().max(4000),
});
export type Preparation = z.infer<typeof Preparation>;
