/**
 * Tells the control plane how the boot goes: its stage, and what its log has got since. In Python's own library, because cloud-init is
 * written in Python: whatever VM runs this text has it, before Node is there. A boot that is over within half a report's
 * time tells nothing. It ends with the start-up, a minute after the agent has begun, or when the VM is not wanted.
 */
export function reportScript(): string {
  return `#!/usr/bin/python3
# Written by Muster: how the boot goes, until the agent speaks for itself.
import json, os, sys, time, urllib.error, urllib.request
log, position, stage_file, config_file = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
with open(config_file) as file: config = json.load(file)
pause, parent = config.get('bootReportMs', 10000) / 1000, os.getppid()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
imds = os.environ.get('AZURE_POD_IDENTITY_AUTHORITY_HOST') or 'http://169.254.169.254'

def ask(url, body=None, headers={}):
    with opener.open(urllib.request.Request(url, body, headers), timeout=20) as answer: return json.load(answer)

def stage():
    try:
        with open(stage_file) as file: return file.read().strip()[:200]
    except OSError: return ''

def part():
    with open(log, 'rb') as file:
        file.seek(position)
        raw = file.read(60000)
        return raw.decode('utf-8', 'replace'), len(raw)

time.sleep(pause / 2)
instance, told, offset, changed = None, None, 0, time.time()
while os.getppid() == parent:
    now, (text, length) = stage(), part()
    if now == 'agent-start' and (told is None or (now == told and time.time() - changed > 60)): break
    if now != told: changed = time.time()
    try:
        if instance is None:
            found = ask(imds + '/metadata/instance/compute?api-version=2021-02-01', None, {'Metadata': 'true'})
            instance = {key: found[key] for key in ('resourceId', 'vmId', 'name')}
        if now != told or text:
            report = {'owner': config['owner'], 'joinToken': config['joinToken'], 'instance': instance,
                      'stage': now, 'offset': offset, 'text': text}
            answer = ask(config['controlPlaneUrl'].rstrip('/') + '/api/workers/boot',
                         json.dumps(report).encode(), {'Content-Type': 'application/json'})['offset']
            if answer == offset + len(text.encode()): position += length
            offset, told = answer, now
    except urllib.error.HTTPError as error:
        if error.code in (401, 403, 410): break
    except Exception: pass
    time.sleep(pause)
`;
}
