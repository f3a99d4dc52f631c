/** An image of a gallery, all its versions. */
export interface GalleryImage {
  subscriptionId: string;
  resourceGroup: string;
  gallery: string;
  name: string;
}

export interface ImageVersionObservation {
  /** `1.0.12`. */
  name: string;
  provisioningState: string;
  /** Not to be taken unless it is named. */
  isExcludedFromLatest: boolean;
  /** Where it is replicated to, as Azure writes it (`West Europe` or `westeurope`); [] where Azure does not say. */
  regions: string[];
  osDiskSizeGb: number | null;
}

/** Images of galleries. Rejects with CloudFailure. */
export interface Images {
  /** Every version, all pages; [] where there is no such image. */
  listVersions(image: GalleryImage): Promise<ImageVersionObservation[]>;
}
