/**
 * What is agreed on at the beginning of a mount: by the flags of INIT alone, as
 * kernels have newer ones than their minor number says.
 *
 * @module
 */
import { EPROTO } from "../../../ffi/passthrough_constants.ts";
import { type Errno, failure, type Size } from "../../../ffi/results.ts";
import type { FuseOptions } from "../options.ts";
import type { Reply } from "./reply.ts";
import type { Request } from "./request.ts";
import { INIT, INIT2, INIT_IN, INIT_OUT } from "./structs.ts";

const MAJOR = 7;
/**
 * Of this version all is here, or is announced by a flag that is not set, or
 * answered with ENOSYS. A guest takes the lower of this and its own, and no
 * structure depends on one above 36.
 */
const MINOR = 45;
/** Linux 4.20: with older ones structures are shorter. */
const OLDEST_MINOR = 27;

/** 256 pages, the most that Linux takes without its administrator's doing. */
const MAX_PAGES = 256;
const MAX_WRITE = 1 << 20;
/**
 * Bytes that one request reads or writes at most: twice as many as 256 pages of
 * 64 KiB have. A guest that asks for more means harm: while a request is served
 * no message of the front end's is, and no signal.
 */
export const MOST_DATA = 1 << 25;
/** As virtiofsd has it: how many requests of readahead and writing back may be under way is the ring's to say. */
const MAX_BACKGROUND = 65535;
const CONGESTION_THRESHOLD = 49149;

/**
 * What ACLs take: the guest leaves the umask to the host, which does not apply
 * it where a default ACL says what a new file gets, and tells when to clear the
 * setgid bit.
 */
const ACL_FLAGS = INIT.POSIX_ACL | INIT.DONT_MASK | INIT.SETXATTR_EXT;

/** What holds for a mount. */
export interface Session {
  /** Whether the guest mounts file systems below the root by itself. */
  submounts: boolean;
  /** Whether there are POSIX ACLs. */
  acl: boolean;
}

/** What holds before INIT. */
export function newSession(): Session {
  return { submounts: false, acl: false };
}

/** What this server wants, as the two words of INIT's flags. */
export function wantedFlags(
  options: FuseOptions,
): readonly [first: number, second: number] {
  const { cache } = options;
  let first = INIT.ASYNC_READ | INIT.ATOMIC_O_TRUNC | INIT.BIG_WRITES |
    INIT.AUTO_INVAL_DATA | INIT.ASYNC_DIO | INIT.PARALLEL_DIROPS |
    INIT.MAX_PAGES | INIT.INIT_EXT;
  let second = INIT2.CREATE_SUPP_GROUP | INIT2.ALLOW_IDMAP;
  if (options.readdirplus && cache !== "never") {
    first |= INIT.DO_READDIRPLUS | INIT.READDIRPLUS_AUTO;
  }
  if (cache === "always" || cache === "metadata") first |= INIT.CACHE_SYMLINKS;
  if (options.announceSubmounts) first |= INIT.SUBMOUNTS;
  if (options.posixAcl !== "never") first |= ACL_FLAGS;
  if (options.killprivV2) first |= INIT.HANDLE_KILLPRIV_V2;
  if (options.allowMmap) second |= INIT2.DIRECT_IO_ALLOW_MMAP;
  return [first, second];
}

/** Answers INIT and sets `session`, which has what holds before INIT by then. `needsAcl` where a guest without ACLs is refused. */
export function negotiate(
  request: Request,
  reply: Reply,
  session: Session,
  [wanted, wanted2]: readonly [number, number],
  needsAcl: boolean,
): Size | Errno {
  const major = request.u32(INIT_IN.major);
  const minor = request.u32(INIT_IN.minor);
  reply.clear(0, INIT_OUT.words);
  reply.word(INIT_OUT.major, MAJOR);
  reply.word(INIT_OUT.minor, MINOR);
  // The guest sees what there is, and asks again.
  if (major > MAJOR) return INIT_OUT.size as Size;
  if (major < MAJOR || minor < OLDEST_MINOR) return failure(EPROTO);
  const offered = request.u32(INIT_IN.flags);
  const hasAcl = (offered & wanted & ACL_FLAGS) === ACL_FLAGS;
  if (needsAcl && !hasAcl) return failure(EPROTO);
  const flags = offered & wanted & (hasAcl ? ~0 : ~ACL_FLAGS);
  const extended = (flags & INIT.INIT_EXT) !== 0 && request.rest >= 4;
  reply.word(INIT_OUT.maxReadahead, request.u32(INIT_IN.maxReadahead));
  reply.word(INIT_OUT.flags, flags);
  reply.word(
    INIT_OUT.background,
    MAX_BACKGROUND | CONGESTION_THRESHOLD << 16,
  );
  reply.word(INIT_OUT.maxWrite, MAX_WRITE);
  reply.word(INIT_OUT.timeGranularity, 1);
  reply.word(INIT_OUT.maxPages, flags & INIT.MAX_PAGES ? MAX_PAGES : 0);
  if (extended) {
    reply.word(INIT_OUT.flags2, request.u32(INIT_IN.flags2) & wanted2);
  }
  session.acl = hasAcl;
  session.submounts = (flags & INIT.SUBMOUNTS) !== 0;
  return INIT_OUT.size as Size;
}
