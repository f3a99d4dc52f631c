/** Microsoft.Network 2026-01-01: the members ARM knows, one type a line (see ../body-shapes.ts). Facts from Microsoft's own SDK of the stated api-version. */
export const NETWORK_SHAPES = `
NetworkInterface id:s name:s type:s location:s tags:{s} properties:NetworkInterfaceProperties extendedLocation:* etag:s
NetworkInterfaceProperties virtualMachine:SubResource networkSecurityGroup:NetworkSecurityGroup privateEndpoint:* ipConfigurations:NetworkInterfaceIPConfiguration[] tapConfigurations:*[] dnsSettings:NetworkInterfaceDnsSettings macAddress:s primary:b vnetEncryptionSupported:b defaultOutboundConnectivityEnabled:b enableAcceleratedNetworking:b disableTcpStateTracking:b enableIPForwarding:b hostedWorkloads:s[] dscpConfiguration:SubResource resourceGuid:s provisioningState:s workloadType:s nicType:s privateLinkService:* migrationPhase:s auxiliaryMode:s auxiliarySku:s
SubResource id:s
NetworkSecurityGroup id:s name:s type:s location:s tags:{s} properties:NetworkSecurityGroupProperties etag:s
NetworkSecurityGroupProperties flushConnection:b securityRules:SecurityRule[] defaultSecurityRules:SecurityRule[] networkInterfaces:NetworkInterface[] subnets:Subnet[] flowLogs:*[] resourceGuid:s provisioningState:s
SecurityRule name:s type:s id:s properties:SecurityRuleProperties etag:s
SecurityRuleProperties description:s protocol:s sourcePortRange:s destinationPortRange:s sourceAddressPrefix:s sourceAddressPrefixes:s[] sourceApplicationSecurityGroups:ApplicationSecurityGroup[] destinationAddressPrefix:s destinationAddressPrefixes:s[] destinationApplicationSecurityGroups:ApplicationSecurityGroup[] sourcePortRanges:s[] destinationPortRanges:s[] access:s priority:n direction:s provisioningState:s
ApplicationSecurityGroup id:s name:s type:s location:s tags:{s} properties:ApplicationSecurityGroupProperties etag:s
ApplicationSecurityGroupProperties resourceGuid:s provisioningState:s
Subnet name:s type:s id:s properties:SubnetProperties etag:s
SubnetProperties addressPrefix:s addressPrefixes:s[] networkSecurityGroup:NetworkSecurityGroup routeTable:* natGateway:SubResource serviceEndpoints:ServiceEndpointPropertiesFormat[] serviceEndpointPolicies:*[] privateEndpoints:*[] ipConfigurations:*[] ipConfigurationProfiles:*[] ipAllocations:SubResource[] resourceNavigationLinks:*[] serviceAssociationLinks:*[] delegations:Delegation[] purpose:s provisioningState:s privateEndpointNetworkPolicies:s privateLinkServiceNetworkPolicies:s applicationGatewayIPConfigurations:*[] sharingScope:s defaultOutboundAccess:b ipamPoolPrefixAllocations:IpamPoolPrefixAllocation[] serviceGateway:SubResource
ServiceEndpointPropertiesFormat service:s networkIdentifier:SubResource locations:s[] provisioningState:s
Delegation id:s properties:DelegationProperties name:s etag:s type:s
DelegationProperties serviceName:s actions:* provisioningState:s
IpamPoolPrefixAllocation pool:IpamPoolPrefixAllocationPool numberOfIpAddresses:s allocatedAddressPrefixes:s[]
IpamPoolPrefixAllocationPool id:s
NetworkInterfaceIPConfiguration name:s type:s id:s properties:NetworkInterfaceIPConfigurationProperties etag:s
NetworkInterfaceIPConfigurationProperties gatewayLoadBalancer:SubResource virtualNetworkTaps:*[] applicationGatewayBackendAddressPools:*[] loadBalancerBackendAddressPools:*[] loadBalancerInboundNatRules:*[] privateIPAddress:s privateIPAddressPrefixLength:n privateIPAllocationMethod:s privateIPAddressVersion:s subnet:Subnet primary:b publicIPAddress:PublicIPAddress applicationSecurityGroups:ApplicationSecurityGroup[] provisioningState:s privateLinkConnectionProperties:NetworkInterfaceIPConfigurationPrivateLinkConnectionProperties
PublicIPAddress id:s name:s type:s location:s tags:{s} properties:PublicIPAddressProperties extendedLocation:* sku:PublicIPAddressSku etag:s zones:s[]
PublicIPAddressProperties publicIPAllocationMethod:s publicIPAddressVersion:s ipConfiguration:* dnsSettings:PublicIPAddressDnsSettings ddosSettings:* ipTags:IpTag[] ipAddress:s publicIPPrefix:SubResource idleTimeoutInMinutes:n resourceGuid:s provisioningState:s servicePublicIPAddress:PublicIPAddress natGateway:* migrationPhase:s linkedPublicIPAddress:PublicIPAddress deleteOption:s upgradedToV2:b
PublicIPAddressDnsSettings domainNameLabel:s domainNameLabelScope:s fqdn:s reverseFqdn:s
IpTag ipTagType:s tag:s firstPartyServiceTagId:s
PublicIPAddressSku name:s tier:s
NetworkInterfaceIPConfigurationPrivateLinkConnectionProperties groupId:s requiredMemberName:s fqdns:s[]
NetworkInterfaceDnsSettings dnsServers:s[] appliedDnsServers:s[] internalDnsNameLabel:s internalFqdn:s internalDomainNameSuffix:s
VirtualNetwork id:s name:s type:s location:s tags:{s} properties:VirtualNetworkProperties extendedLocation:* etag:s
VirtualNetworkProperties addressSpace:AddressSpace dhcpOptions:DhcpOptions flowTimeoutInMinutes:n subnets:Subnet[] virtualNetworkPeerings:*[] resourceGuid:s provisioningState:s enableDdosProtection:b enableVmProtection:b ddosProtectionPlan:SubResource bgpCommunities:VirtualNetworkBgpCommunities encryption:VirtualNetworkEncryption ipAllocations:SubResource[] flowLogs:*[] privateEndpointVNetPolicies:s defaultPublicNatGateway:SubResource summarizedGatewayPrefixes:AddressSpace
AddressSpace addressPrefixes:s[] ipamPoolPrefixAllocations:IpamPoolPrefixAllocation[]
DhcpOptions dnsServers:s[]
VirtualNetworkBgpCommunities virtualNetworkCommunity:s regionalCommunity:s
VirtualNetworkEncryption enabled:b enforcement:s
`;
