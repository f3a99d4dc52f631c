import type { NetworkInterface } from '@azure/arm-network';
import type { NetworkInterfaceBody } from '../contracts';

/** ARM's shape to the SDK's, which is flatter; the SDK drops what it does not know, so each property is named here. */
export function toNetworkInterfaceModel(
  body: NetworkInterfaceBody,
  tags: Record<string, string>,
): NetworkInterface {
  const { location, properties } = body;
  return {
    location,
    tags: { ...body.tags, ...tags },
    enableAcceleratedNetworking: properties.enableAcceleratedNetworking,
    networkSecurityGroup: properties.networkSecurityGroup,
    ipConfigurations: properties.ipConfigurations.map((ip) => ({
      name: ip.name,
      subnet: ip.properties.subnet,
      primary: ip.properties.primary,
    })),
  };
}
