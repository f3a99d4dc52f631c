import { quote, warn } from './shell';

const MODULE = 'cc_users_groups.py';

type Entry = Readonly<Record<string, unknown>>;

/** Groups, then users, through the VM's own groupadd and useradd; `default` is the VM's administrator. */
export function usersStage(config: Readonly<Record<string, unknown>>, adminUsername: string): string {
  const lines = groupEntries(config['groups']).flatMap(addGroup);
  const keys = texts(config['ssh_authorized_keys']);
  const users = config['users'] === undefined ? ['default'] : list(config['users']);
  for (const user of users) {
    if (user === 'default' || isDefault(user)) {
      // Azure's agent makes the administrator with sudo and without a password.
      if (adminUsername !== '')
        lines.push(
          ...addUser({
            name: adminUsername,
            shell: '/bin/bash',
            sudo: 'ALL=(ALL) NOPASSWD:ALL',
            ssh_authorized_keys: keys,
          }),
        );
    } else if (typeof user === 'string') lines.push(...addUser({ name: user }));
    else if (typeof user === 'object' && user !== null) lines.push(...addUser(user as Entry));
  }
  return lines.join('\n');
}

const isDefault = (user: unknown) =>
  typeof user === 'object' && user !== null && (user as Entry)['name'] === 'default';

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value === 'string') return value.split(',').map((item) => item.trim());
  return value === null || value === undefined ? [] : [value];
}

const texts = (value: unknown) =>
  list(value).filter((item): item is string => typeof item === 'string' && item !== '');

function groupEntries(value: unknown): { name: string; members: string[] }[] {
  return list(value).flatMap((item) => {
    if (typeof item === 'string') return [{ name: item, members: [] }];
    if (typeof item !== 'object' || item === null) return [];
    return Object.entries(item).map(([name, members]) => ({ name, members: texts(members) }));
  });
}

function addGroup({ name, members }: { name: string; members: string[] }): string[] {
  const group = quote(name);
  return [
    `getent group ${group} >/dev/null || groupadd ${group} || ${warn(MODULE, `Failed to create group ${name}`)}`,
    ...members.map(
      (member) =>
        `usermod -a -G ${group} ${quote(member)} || ${warn(MODULE, `Unable to add group member '${member}' to group '${name}'`)}`,
    ),
  ];
}

function addUser(entry: Entry): string[] {
  const name = entry['name'];
  if (typeof name !== 'string' || name === '') return [warn(MODULE, 'A user without a name was ignored')];
  const groups = texts(entry['groups']);
  const user = quote(name);
  const lines = groups.map((group) => `getent group ${quote(group)} >/dev/null || groupadd ${quote(group)}`);
  lines.push(
    `if getent passwd ${user} >/dev/null; then ${`log INFO ${MODULE} ${quote(`User ${name} already exists, skipping.`)}`}; else`,
    `  useradd ${useraddOptions(entry, groups).join(' ')} ${user} || ${warn(MODULE, `Failed to create user ${name}`)}`,
    'fi',
    ...sudoRules(name, entry['sudo']),
    ...authorizedKeys(name, texts(entry['ssh_authorized_keys'])),
  );
  return lines;
}

function useraddOptions(entry: Entry, groups: string[]): string[] {
  const options: string[] = [];
  const flag = (key: string, option: string) => {
    const value = entry[key];
    if (typeof value === 'string' || typeof value === 'number') options.push(option, quote(String(value)));
  };
  flag('gecos', '--comment');
  flag('homedir', '--home-dir');
  flag('primary_group', '--gid');
  flag('shell', '--shell');
  flag('uid', '--uid');
  flag('expiredate', '--expiredate');
  flag('inactive', '--inactive');
  flag('passwd', '--password');
  if (groups.length > 0) options.push('--groups', quote(groups.join(',')));
  if (entry['system'] === true) options.push('--system');
  if (entry['no_user_group'] === true) options.push('--no-user-group');
  const noHome = entry['no_create_home'] === true || entry['system'] === true;
  options.push(noHome ? '--no-create-home' : '--create-home');
  return options;
}

function sudoRules(name: string, sudo: unknown): string[] {
  const rules = texts(sudo);
  if (rules.length === 0) return [];
  const text = rules.map((rule) => `${name} ${rule}`).join('\n');
  const file = '/etc/sudoers.d/90-cloud-init-users';
  return ['mkdir -p /etc/sudoers.d', `printf '%s\\n' ${quote(text)} >>${file}`, `chmod 440 ${file}`];
}

function authorizedKeys(name: string, keys: string[]): string[] {
  if (keys.length === 0) return [];
  const user = quote(name);
  return [
    `home=$(getent passwd ${user} | cut -d: -f6)`,
    'mkdir -p "$home/.ssh" && chmod 700 "$home/.ssh"',
    `printf '%s\\n' ${quote(keys.join('\n'))} >>"$home/.ssh/authorized_keys"`,
    `chmod 600 "$home/.ssh/authorized_keys"; chown -R ${user}: "$home/.ssh"`,
  ];
}
