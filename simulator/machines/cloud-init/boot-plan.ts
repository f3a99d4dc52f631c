import type { MachineSpec } from '../contract';
import { type CloudConfig, mergeCloudConfigs } from './cloud-config';
import { hostnameOf, identityStage } from './identity';
import { commandScript, quote, warn } from './shell';
import type { Stage } from './stage';
import { readUserData, type UserData } from './user-data';
import { usersStage } from './users';
import { writeFilesStage } from './write-files';

const KNOWN_KEYS = new Set([
  ...[
    'bootcmd',
    'final_message',
    'fqdn',
    'groups',
    'hostname',
    'package_update',
    'package_upgrade',
    'packages',
  ],
  ...['prefer_fqdn_over_hostname', 'runcmd', 'ssh_authorized_keys', 'users', 'write_files'],
]);

/** Everything a VM does at boot, in cloud-init's order: local and network stage, config stage, final stage. */
export function planBoot(spec: MachineSpec): { hostname: string; stages: Stage[] } {
  // As cloud-init's Azure data source: IMDS's userData counts where no customData was given.
  const userData = readUserData(spec.customData || spec.userData);
  const { config, warnings } = mergeCloudConfigs(userData.cloudConfigs);
  const stages: Stage[] = [
    identityStage(spec, config),
    customDataStage(spec, userData, [...userData.warnings, ...warnings, ...unknownKeys(config)]),
    ...userData.boothooks.map((content, index) => boothookStage(content, index)),
    bootcmdStage(config['bootcmd']),
    {
      name: 'write_files',
      frequency: 'once',
      ...writeFilesStage(config['write_files'], { deferred: false }),
    },
    { name: 'users_groups', frequency: 'once', script: usersStage(config, spec.adminUsername) },
    { name: 'packages', frequency: 'once', script: packagesScript(config) },
    {
      name: 'write_files_deferred',
      frequency: 'once',
      ...writeFilesStage(config['write_files'], { deferred: true }),
    },
    { name: 'scripts_per_once', frequency: 'once', script: onceInALifetime() },
    {
      name: 'scripts_per_boot',
      frequency: 'always',
      script: 'run_parts /var/lib/cloud/scripts/per-boot scripts_per_boot',
    },
    {
      name: 'scripts_per_instance',
      frequency: 'once',
      script: 'run_parts /var/lib/cloud/scripts/per-instance scripts_per_instance',
    },
    userScriptsStage(userData, config['runcmd']),
    { name: 'final_message', frequency: 'always', script: finalMessage(config['final_message']) },
  ];
  return { hostname: hostnameOf(spec, config), stages };
}

function customDataStage(spec: MachineSpec, userData: UserData, warnings: string[]): Stage {
  const script = [
    'mkdir -p -m 700 /var/lib/waagent',
    'umask 077; cat $seed/files/custom-data >/var/lib/waagent/CustomData; cat $seed/files/user-data >$instance/user-data.txt',
    ...warnings.map((message) => warn('user_data.py', message)),
  ];
  const files = [
    { name: 'custom-data', content: Buffer.from(spec.customData) },
    { name: 'user-data', content: userData.raw },
  ];
  return { name: 'consume_data', frequency: 'once', script: script.join('\n'), files };
}

function unknownKeys(config: CloudConfig): string[] {
  const unknown = Object.keys(config).filter((key) => !KNOWN_KEYS.has(key));
  return unknown.map(
    (key) => `cloud-config key '${key}' is not supported by the simulated VM and was ignored`,
  );
}

function boothookStage(content: Buffer, index: number): Stage {
  const name = `boothook-${index}`;
  const script = `cp $seed/files/${name} /run/cloud-init/${name}; chmod 700 /run/cloud-init/${name}; INSTANCE_ID=$(cat $seed/instance-id) /run/cloud-init/${name}`;
  return { name, frequency: 'always', script, files: [{ name, content: content }] };
}

function bootcmdStage(value: unknown): Stage {
  const base = { name: 'bootcmd', frequency: 'always' } as const;
  if (value === undefined) return { ...base, script: '' };
  const { script, problems } = commandScript(Array.isArray(value) ? (value as unknown[]) : [value]);
  const lines = problems.map((problem) => warn('cc_bootcmd.py', problem));
  lines.push(
    'INSTANCE_ID=$(cat $seed/instance-id) /bin/sh $seed/files/bootcmd || log WARNING cc_bootcmd.py "Failed to run bootcmd module"',
  );
  return { ...base, script: lines.join('\n'), files: [{ name: 'bootcmd', content: Buffer.from(script) }] };
}

/** Packages cannot be fetched: those the machine has count as installed, the rest fail as an unreachable mirror would. */
function packagesScript(config: CloudConfig): string {
  const packages = Array.isArray(config['packages']) ? (config['packages'] as unknown[]) : [];
  const names = packages.map((item) => String(Array.isArray(item) ? item[0] : item));
  return names
    .map((name) => {
      const word = quote(name);
      const present = `command -v ${word} >/dev/null 2>&1 || dpkg -s ${word} >/dev/null 2>&1 || rpm -q ${word} >/dev/null 2>&1`;
      const failed = warn(
        'cc_package_update_upgrade_install.py',
        `Failed to install packages: ['${name}']: the simulated VM installs none`,
      );
      return `{ ${present}; } && log INFO cc_package_update_upgrade_install.py ${quote(`${name} is already installed`)} || ${failed}`;
    })
    .join('\n');
}

function onceInALifetime(): string {
  return [
    '[ -e /var/lib/cloud/sem/scripts_per_once.once ] && exit 0',
    ': >/var/lib/cloud/sem/scripts_per_once.once',
    'run_parts /var/lib/cloud/scripts/per-once scripts_per_once',
  ].join('\n');
}

/** Shell-script parts and runcmd, which cloud-init makes one more script, run in the order of their names. */
function userScriptsStage(userData: UserData, runcmd: unknown): Stage {
  const scripts = userData.scripts.map(({ fileName, content }) => ({ fileName, content }));
  const lines: string[] = [];
  if (runcmd !== undefined) {
    const { script, problems } = commandScript(Array.isArray(runcmd) ? (runcmd as unknown[]) : []);
    const wrong = Array.isArray(runcmd) ? problems : ['Failed to shellify runcmd: expected a list'];
    lines.push(...wrong.map((problem) => warn('cc_runcmd.py', problem)));
    if (wrong.length === 0) scripts.push({ fileName: 'runcmd', content: Buffer.from(script) });
  }
  const files = scripts.map(({ content }, index) => ({ name: `script-${index}`, content }));
  for (const [index, { fileName }] of scripts.entries()) {
    const target = `$instance/scripts/${quote(fileName)}`;
    lines.push(`cat $seed/files/script-${index} >${target}; chmod 700 ${target}`);
  }
  lines.push('run_parts $instance/scripts scripts_user');
  return { name: 'scripts_user', frequency: 'once', script: lines.join('\n'), files };
}

function finalMessage(message: unknown): string {
  const text =
    typeof message === 'string'
      ? message
      : 'Cloud-init (simulated) finished at $timestamp. Datasource DataSourceAzure. Up $uptime seconds';
  return [
    "timestamp=$(date -R); uptime=$(cut -d' ' -f1 /proc/uptime)",
    `printf '%s\\n' ${quote(text)} | sed -e "s/\\$timestamp/$timestamp/g" -e "s/\\$uptime/$uptime/g" -e 's/\\$datasource/DataSourceAzure/g' -e 's/\\$version/simulated/g'`,
  ].join('\n');
}
