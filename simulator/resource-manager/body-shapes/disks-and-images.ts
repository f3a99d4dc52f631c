/** Microsoft.Compute disks 2026-03-02, galleries 2025-12-03, images 2026-04-01: the members ARM knows, one type a line (see ../body-shapes.ts). Facts from Microsoft's own SDK of the stated api-version. */
export const DISK_AND_IMAGE_SHAPES = `
Disk tags:{s} location:s id:s name:s type:s systemData:* properties:DiskProperties managedBy:s managedByExtended:s[] sku:DiskSku zones:s[] extendedLocation:ExtendedLocation
DiskProperties timeCreated:s osType:s hyperVGeneration:s purchasePlan:DiskPurchasePlan supportedCapabilities:SupportedCapabilities creationData:CreationData diskSizeGB:n diskSizeBytes:n uniqueId:s encryptionSettingsCollection:EncryptionSettingsCollection provisioningState:s diskIOPSReadWrite:n diskMBpsReadWrite:n diskIOPSReadOnly:n diskMBpsReadOnly:n diskState:s encryption:Encryption maxShares:n shareInfo:ShareInfoElement[] networkAccessPolicy:s diskAccessId:s burstingEnabledTime:s tier:s burstingEnabled:b propertyUpdatesInProgress:PropertyUpdatesInProgress supportsHibernation:b securityProfile:DiskSecurityProfile completionPercent:n publicNetworkAccess:s dataAccessAuthMode:s optimizedForFrequentAttach:b LastOwnershipUpdateTime:s availabilityPolicy:AvailabilityPolicy
DiskPurchasePlan name:s publisher:s product:s promotionCode:s
SupportedCapabilities diskControllerTypes:s acceleratedNetwork:b architecture:s supportedSecurityOption:s
CreationData createOption:s storageAccountId:s imageReference:ImageDiskReference galleryImageReference:ImageDiskReference sourceUri:s sourceResourceId:s sourceUniqueId:s uploadSizeBytes:n logicalSectorSize:n securityDataUri:s securityMetadataUri:s performancePlus:b elasticSanResourceId:s provisionedBandwidthCopySpeed:s instantAccessDurationMinutes:n
ImageDiskReference id:s sharedGalleryImageId:s communityGalleryImageId:s lun:n
EncryptionSettingsCollection enabled:b encryptionSettings:EncryptionSettingsElement[] encryptionSettingsVersion:s
EncryptionSettingsElement diskEncryptionKey:KeyVaultAndSecretReference keyEncryptionKey:KeyVaultAndKeyReference
KeyVaultAndSecretReference sourceVault:SourceVault secretUrl:s
SourceVault id:s
KeyVaultAndKeyReference sourceVault:SourceVault keyUrl:s
Encryption diskEncryptionSetId:s type:s
ShareInfoElement vmUri:s
PropertyUpdatesInProgress targetTier:s
DiskSecurityProfile securityType:s secureVMDiskEncryptionSetId:s confidentialVMVersion:s
AvailabilityPolicy actionOnDiskDelay:s
DiskSku name:s tier:s
Gallery tags:{s} location:s id:s name:s type:s systemData:* properties:GalleryProperties identity:GalleryIdentity
GalleryProperties description:s identifier:GalleryIdentifier provisioningState:s sharingProfile:SharingProfile softDeletePolicy:SoftDeletePolicy sharingStatus:SharingStatus
GalleryIdentifier uniqueName:s
SharingProfile permissions:s groups:SharingProfileGroup[] communityGalleryInfo:CommunityGalleryInfo
SharingProfileGroup type:s ids:s[]
CommunityGalleryInfo publisherUri:s publisherContact:s eula:s publicNamePrefix:s communityGalleryEnabled:b publicNames:s[]
SoftDeletePolicy isSoftDeleteEnabled:b
SharingStatus aggregatedState:s summary:RegionalSharingStatus[]
RegionalSharingStatus region:s state:s details:s
GalleryIdentity principalId:s tenantId:s type:s userAssignedIdentities:{UserAssignedIdentitiesValue}
GalleryImage tags:{s} location:s id:s name:s type:s systemData:* properties:GalleryImageProperties
GalleryImageProperties description:s eula:s privacyStatementUri:s releaseNoteUri:s osType:s osState:s hyperVGeneration:s endOfLifeDate:s identifier:GalleryImageIdentifier recommended:RecommendedMachineConfiguration disallowed:Disallowed purchasePlan:ImagePurchasePlan provisioningState:s features:GalleryImageFeature[] architecture:s allowUpdateImage:b
GalleryImageIdentifier publisher:s offer:s sku:s
RecommendedMachineConfiguration vCPUs:ResourceRange memory:ResourceRange
ResourceRange min:n max:n
Disallowed diskTypes:s[]
ImagePurchasePlan name:s publisher:s product:s
GalleryImageFeature name:s value:s startsAtVersion:s
GalleryImageVersion tags:{s} location:s id:s name:s type:s systemData:* properties:GalleryImageVersionProperties
GalleryImageVersionProperties publishingProfile:GalleryImageVersionPublishingProfile provisioningState:s storageProfile:GalleryImageVersionStorageProfile safetyProfile:GalleryImageVersionSafetyProfile replicationStatus:ReplicationStatus securityProfile:ImageVersionSecurityProfile restore:b validationsProfile:ValidationsProfile
GalleryImageVersionPublishingProfile targetRegions:TargetRegion[] replicaCount:n excludeFromLatest:b publishedDate:s endOfLifeDate:s storageAccountType:s replicationMode:s targetExtendedLocations:GalleryTargetExtendedLocation[] storageAccountStrategy:s
TargetRegion name:s regionalReplicaCount:n storageAccountType:s encryption:EncryptionImages excludeFromLatest:b additionalReplicaSets:AdditionalReplicaSet[]
EncryptionImages osDiskImage:OsDiskImageEncryption dataDiskImages:DataDiskImageEncryption[]
OsDiskImageEncryption diskEncryptionSetId:s securityProfile:OsDiskImageSecurityProfile
OsDiskImageSecurityProfile confidentialVMEncryptionType:s secureVMDiskEncryptionSetId:s
DataDiskImageEncryption diskEncryptionSetId:s lun:n
AdditionalReplicaSet storageAccountType:s regionalReplicaCount:n
GalleryTargetExtendedLocation name:s extendedLocation:GalleryExtendedLocation extendedLocationReplicaCount:n storageAccountType:s encryption:EncryptionImages
GalleryExtendedLocation name:s type:s
GalleryImageVersionStorageProfile source:GalleryArtifactVersionFullSource osDiskImage:GalleryOSDiskImage dataDiskImages:GalleryDataDiskImage[]
GalleryArtifactVersionFullSource id:s communityGalleryImageId:s virtualMachineId:s
GalleryOSDiskImage sizeInGB:n hostCaching:s source:GalleryDiskImageSource
GalleryDiskImageSource id:s uri:s storageAccountId:s
GalleryDataDiskImage sizeInGB:n hostCaching:s source:GalleryDiskImageSource lun:n
GalleryImageVersionSafetyProfile allowDeletionOfReplicatedLocations:b reportedForPolicyViolation:b policyViolations:PolicyViolation[] blockDeletionBeforeEndOfLife:b
PolicyViolation category:s details:s
ReplicationStatus aggregatedState:s summary:RegionalReplicationStatus[]
RegionalReplicationStatus region:s state:s details:s progress:n
ImageVersionSecurityProfile uefiSettings:GalleryImageVersionUefiSettings
GalleryImageVersionUefiSettings signatureTemplateNames:s[] additionalSignatures:UefiKeySignatures
UefiKeySignatures pk:UefiKey kek:UefiKey[] db:UefiKey[] dbx:UefiKey[]
UefiKey type:s value:s[]
ValidationsProfile validationEtag:s executedValidations:ExecutedValidation[] platformAttributes:PlatformAttribute[]
ExecutedValidation type:s status:s version:s executionTime:s
PlatformAttribute name:s value:s
Image tags:{s} location:s id:s name:s type:s systemData:* properties:ImageProperties extendedLocation:ExtendedLocation
ImageProperties sourceVirtualMachine:SubResource storageProfile:ImageStorageProfile provisioningState:s hyperVGeneration:s
ImageStorageProfile osDisk:ImageOSDisk dataDisks:ImageDataDisk[] zoneResilient:b
ImageOSDisk snapshot:SubResource managedDisk:SubResource blobUri:s caching:s diskSizeGB:n storageAccountType:s diskEncryptionSet:DiskEncryptionSetParameters osType:s osState:s
ImageDataDisk snapshot:SubResource managedDisk:SubResource blobUri:s caching:s diskSizeGB:n storageAccountType:s diskEncryptionSet:DiskEncryptionSetParameters lun:n
`;
