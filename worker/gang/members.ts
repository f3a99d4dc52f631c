import { GangMember, type GangName } from '../../shared/contracts/gangs';
import { gangMemberBlob, gangMembersPrefix } from '../../shared/contracts/blob-names';
import type { SeenMember } from './decide';
import type { LeasedBlobs } from './leased-blobs';

interface Known {
  etag: string;
  member: GangMember;
}

/** The members of one gang as their blobs tell; what has not changed is not read again. */
export class GangMembers {
  readonly #known = new Map<string, Known>();

  constructor(
    readonly blobs: LeasedBlobs,
    readonly gang: GangName,
  ) {}

  async look(): Promise<SeenMember[]> {
    const listed = await this.blobs.list(gangMembersPrefix(this.gang));
    const seen: SeenMember[] = [];
    for (const { blob, isLeased, etag } of listed) {
      const member = await this.#read(blob, etag);
      if (member && gangMemberBlob(this.gang, member.node.agentId) === blob) seen.push({ member, isLeased });
    }
    return seen;
  }

  async #read(blob: string, etag: string): Promise<GangMember | undefined> {
    const known = this.#known.get(blob);
    if (known?.etag === etag) return known.member;
    const read = await this.blobs.read(blob, GangMember);
    if (read) this.#known.set(blob, { etag, member: read.value });
    return read?.value;
  }
}
