import { createHmac, randomBytes } from 'node:crypto';
import type { Azure } from '../../azure';
import { conflict } from '../../resource-manager/errors';
import type { ArmCall, ArmReply } from '../../resource-manager/provider';
import type { SideEndpoint } from '../../resource-manager/side-endpoint';
import { SCALE_SET_VMS, VIRTUAL_MACHINES, type VirtualMachine } from './models';

const PATH = '/boot-diagnostics/';
const DEFAULT_EXPIRY_MINUTES = 120;
/** The links are signed like a SAS: who has one may read that one log until it expires. */
const KEY = randomBytes(32);

function signature(file: string, expiry: string): string {
  return createHmac('sha256', KEY).update(`${file}\n${expiry}`).digest('base64');
}

function link(call: ArmCall, file: string): string {
  const minutes = Number(call.query.get('sasuriexpirationtimeinminutes') ?? DEFAULT_EXPIRY_MINUTES);
  const expiry = new Date(call.azure.clock.now() + minutes * 60_000).toISOString();
  return `${call.baseUrl}${PATH}${file}?sv=2018-03-28&sr=b&sig=${encodeURIComponent(signature(file, expiry))}&se=${encodeURIComponent(expiry)}&sp=r`;
}

/** Where the serial console and the (empty) screenshot of a VM can be read. */
export function bootDiagnostics(call: ArmCall, vm: VirtualMachine): ArmReply {
  if (vm.properties.diagnosticsProfile?.bootDiagnostics?.enabled !== true) {
    throw conflict(
      'OperationNotAllowed',
      `Boot diagnostics is not enabled for the virtual machine '${vm.name}'.`,
    );
  }
  const file = `${vm.properties.vmId}/${vm.name}`;
  return {
    status: 200,
    body: {
      consoleScreenshotBlobUri: link(call, `${file}.screenshot.bmp`),
      serialConsoleLogBlobUri: link(call, `${file}.serialconsole.log`),
    },
  };
}

/** Serves those links. */
export function bootDiagnosticsEndpoint(azure: Azure): SideEndpoint {
  return async ({ url }) => {
    if (!url.pathname.startsWith(PATH)) return undefined;
    const file = decodeURIComponent(url.pathname.slice(PATH.length));
    const expiry = url.searchParams.get('se') ?? '';
    const isGood =
      url.searchParams.get('sig') === signature(file, expiry) && Date.parse(expiry) > azure.clock.now();
    if (!isGood) return { status: 403, text: 'AuthenticationFailed' };
    const vmId = file.slice(0, file.indexOf('/'));
    const all = [
      ...azure.store.list<VirtualMachine>(VIRTUAL_MACHINES),
      ...azure.store.list<VirtualMachine>(SCALE_SET_VMS),
    ];
    const vm = all.find((one) => one.properties.vmId === vmId);
    if (!vm) return { status: 404, text: 'BlobNotFound' };
    if (file.endsWith('.bmp')) return { status: 200, text: '' };
    return {
      status: 200,
      text: vm.state.machine ? await vm.state.machine.consoleLog() : vm.state.consoleLog,
    };
  };
}
