/**
 * The two shell programs of a VM's process 1. They are text, not files, so that a compiled simulator carries them.
 *
 * INVARIANTS
 * - Process 1 is alone until the simulator answers 'go': a simulator killed half-way through boot leaves nothing,
 *   because the answer comes only after process 1 has said, under its parent-death signal, that it exists.
 * - /dev/console is a pipe into process 1's own output, which is what boot diagnostics show.
 * - Descriptor 3 carries one word a line to the simulator and is closed for everything the VM's owner wrote.
 */

/** Outside-in: mounts the VM's root and enters it. Arguments: fstab, root folder, seed folder. */
export const ENTER_ROOT = `
set -e
umask 022
read -r pid rest < /proc/self/stat
echo "started $pid" >&3
read -r answer <&4
[ "$answer" = go ]
exec 4<&-
hostname -F "$3/hostname" 2>/dev/null || cat "$3/hostname" >/proc/sys/kernel/hostname
mount -a -T "$1" >&2
mkdir -p "$2/run/cloud-init/seed" "$2/run/lock" "$2/run/host"
mount --bind -o ro "$3" "$2/run/cloud-init/seed"
cd "$2"
pivot_root . run/host
cd /
umount -l /run/host
rmdir /run/host
unset OLDPWD
exec setpriv --bounding-set -mknod,-sys_module,-sys_rawio,-sys_time,-syslog /bin/sh /run/cloud-init/seed/init
`;

/**
 * Process 1 inside the root (without the capabilities that would reach the machine itself): runs the boot stages as cloud-init would, then stays and reaps, as an init does.
 * A stage named *.once runs once for an instance id; any other at every boot.
 */
export const INIT = `
umask 022
trap 'exit 0' PWR
instance=$(cat /run/cloud-init/seed/instance-id)
state=/var/lib/cloud/instances/$instance
mkdir -p "$state/sem" "$state/scripts" /var/lib/cloud/scripts/per-boot /var/lib/cloud/scripts/per-instance \\
  /var/lib/cloud/scripts/per-once /var/lib/cloud/sem /var/lib/cloud/data
rm -rf /var/lib/cloud/instance
ln -s "$state" /var/lib/cloud/instance
rm -rf /tmp/* /tmp/.[!.]*
rm -f /dev/console
mkfifo -m 600 /dev/console
cat <>/dev/console 3>&- &
mkfifo -m 600 /run/cloud-init/output
tee -a /var/log/cloud-init-output.log </run/cloud-init/output 3>&- &
exec >/run/cloud-init/output 2>&1
rm -f /run/cloud-init/output
echo running >&3
for stage in /run/cloud-init/seed/stages/*; do
  name=\${stage##*/}
  case $name in
    *.once)
      [ -e "$state/sem/\${name#*-}" ] && continue
      : >"$state/sem/\${name#*-}"
      ;;
  esac
  /bin/sh "$stage" </dev/null 3>&-
done
date -R >"$state/boot-finished"
echo boot-finished >&3
while :; do
  sleep 2147483647 3>&- &
  wait $!
done
`;

/** Words every stage may use; warnings look like cloud-init's own. */
export const STAGE_PRELUDE = `
instance=/var/lib/cloud/instance
seed=/run/cloud-init/seed
log() {
  level=$1
  module=$2
  shift 2
  line="$(date '+%Y-%m-%d %H:%M:%S'),000 - $module[$level]: $*"
  echo "$line" >>/var/log/cloud-init.log
  [ "$level" = DEBUG ] || echo "$line"
}
run_parts() {
  for part in "$1"/*; do
    [ -f "$part" ] && [ -x "$part" ] || continue
    INSTANCE_ID=$(cat $seed/instance-id) "$part"
    code=$?
    [ $code -eq 0 ] && continue
    log WARNING cc_$2.py "Failed running $part [$code]"
    log WARNING cc_$2.py "Running module $2 failed: Runparts: a script in $1 failed"
  done
}
`;
