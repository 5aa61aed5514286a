/**
 * POSIX ACLs as extended attributes hold them, linux/posix_acl_xattr.h: a
 * version, then for each entry a tag, its rights and an id.
 *
 * @module
 */
const VERSION = 2;
const TAGS = { owner: 1, user: 2, owners: 4, group: 8, mask: 16, others: 32 };
const NO_ID = 0xffff_ffff;

/** Whom an ACL names. */
interface AclIds {
  readonly user: number;
  readonly group: number;
}

/** An ACL with an entry for one user and one for one group; all may read. */
export function encodeAcl(ids: AclIds): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(TAGS);
  const bytes = new Uint8Array(4 + 8 * entries.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, VERSION, true);
  for (const [at, [name, tag]] of entries.entries()) {
    const start = 4 + 8 * at;
    view.setUint16(start, tag, true);
    view.setUint16(start + 2, 4, true);
    view.setUint32(
      start + 4,
      name === "user" || name === "group" ? ids[name] : NO_ID,
      true,
    );
  }
  return bytes;
}

/** The ids in an ACL like that of {@linkcode encodeAcl}. */
export function aclIds(bytes: Uint8Array): AclIds {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const idOf = (wanted: number): number => {
    for (let at = 4; at < bytes.length; at += 8) {
      if (view.getUint16(at, true) === wanted) {
        return view.getUint32(at + 4, true);
      }
    }
    throw new Error(`There is no entry with tag ${wanted}`);
  };
  return { user: idOf(TAGS.user), group: idOf(TAGS.group) };
}
