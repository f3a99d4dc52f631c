import path from 'node:path';
import type { EnvironmentPart } from '../../shared/contracts/environments';
import type { Environment } from '../task/environment';

/** How a part of an environment is made, in its folder: a shell command, and what a task needs to find it afterwards. */
interface PartMaker {
  script: string;
  /** Variables of tasks, and folders that go before the others on their PATH. */
  use(folder: string): { variables: Environment; paths: string[] };
}

const conda = '.muster/conda';
const venv = '.muster/venv';
const depot = '.muster/julia';
/** `setup.sh` may leave variables for tasks there, KEY=VALUE a line. */
export const variablesFile = '.muster/variables';

const makers: Record<EnvironmentPart, PartMaker> = {
  conda: {
    script: `file=environment.yml; [ -e $file ] || file=environment.yaml
if command -v micromamba >/dev/null; then exec micromamba create -y -p "$PWD/${conda}" -f $file; fi
for tool in mamba conda; do command -v $tool >/dev/null && exec $tool env create -p "$PWD/${conda}" -f $file; done
echo 'muster: none of micromamba, mamba and conda is on this image' >&2; exit 127`,
    use: (folder) => ({
      variables: { CONDA_PREFIX: path.join(folder, conda) },
      paths: [path.join(folder, conda, 'bin')],
    }),
  },
  python: {
    script: `set -e
python3 -m venv ${venv}
[ ! -e requirements.txt ] || ${venv}/bin/pip install --no-input --disable-pip-version-check -r requirements.txt
[ ! -e pyproject.toml ] || ${venv}/bin/pip install --no-input --disable-pip-version-check .`,
    use: (folder) => ({
      variables: { VIRTUAL_ENV: path.join(folder, venv) },
      paths: [path.join(folder, venv, 'bin')],
    }),
  },
  node: {
    // Without a lock file npm ci refuses; what is installed then is not the same everywhere.
    script: `if [ -e package-lock.json ]; then exec npm ci --no-audit --no-fund; else exec npm install --no-audit --no-fund; fi`,
    use: (folder) => ({
      variables: { NODE_PATH: path.join(folder, 'node_modules') },
      paths: [path.join(folder, 'node_modules/.bin')],
    }),
  },
  julia: {
    script: `JULIA_DEPOT_PATH="$PWD/${depot}" exec julia --project=. -e 'using Pkg; Pkg.instantiate(); Pkg.precompile()'`,
    use: (folder) => ({
      variables: { JULIA_PROJECT: folder, JULIA_DEPOT_PATH: path.join(folder, depot) },
      paths: [],
    }),
  },
  setup: { script: 'chmod +x setup.sh && exec ./setup.sh', use: () => ({ variables: {}, paths: [] }) },
};

export function scriptOf(part: EnvironmentPart): string {
  return `mkdir -p .muster\n${makers[part].script}\n`;
}

/** What tasks get of an environment that is there; `written`: the text of `variablesFile`. */
export function environmentOf(
  folder: string,
  { parts, basePath, written }: { parts: EnvironmentPart[]; basePath: string; written: string },
): Environment {
  const uses = parts.map((part) => makers[part].use(folder));
  const paths = uses.flatMap((use) => use.paths).reverse();
  return Object.assign(
    { MUSTER_ENVIRONMENT: folder, PATH: [...paths, basePath].join(':') },
    ...uses.map((use) => use.variables),
    parseVariables(written),
  ) as Environment;
}

/** Lines that are no KEY=VALUE are passed over: the file is the user's. */
export function parseVariables(text: string): Environment {
  const pairs = text.split('\n').flatMap((line) => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.trimEnd());
    return match ? [[match[1]!, match[2]!] as const] : [];
  });
  return Object.fromEntries(pairs);
}
