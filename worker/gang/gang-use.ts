/** Whether the owner has had jobs of several nodes: only then is it worth a look whether one calls for members. */
export class GangUse {
  constructor(public isUsed: boolean) {}
}
