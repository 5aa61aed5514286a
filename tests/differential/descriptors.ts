/**
 * What can be done through the two descriptors that were passed.
 *
 * @module
 */
import { O_ACCMODE, O_PATH, S_IFDIR, S_IFMT } from "../../ffi/constants.ts";
import type { Clock } from "./clock.ts";
import { type Both, type Facts, outcome } from "./facts.ts";
import type { Observer } from "./observer.ts";

/** Bytes that are read and written. */
const COUNT = 12;
const TEXT = new TextEncoder().encode("by way of fd");

/** Uses both descriptors alike, and closes them. */
export function descriptorFacts(
  observer: Observer,
  fds: Both<number>,
  clock: Clock,
): Both<Facts> {
  try {
    const ours = stateFacts(observer, fds.ours, clock);
    const original = stateFacts(observer, fds.original, clock);
    // Where one may be read and the other not, reading would part the trees.
    if (ours["flags"] !== original["flags"]) return { ours, original };
    return {
      ours: { ...ours, ...useFacts(observer, fds.ours) },
      original: { ...original, ...useFacts(observer, fds.original) },
    };
  } finally {
    observer.close(fds.ours);
    observer.close(fds.original);
  }
}

function stateFacts(observer: Observer, fd: number, clock: Clock): Facts {
  const inode = observer.fstat(fd);
  return {
    flags: `0o${observer.statusFlags(fd).toString(8)}`,
    position: String(observer.position(fd)),
    mode: `0o${inode.mode.toString(8)}`,
    owner: `${inode.uid}:${inode.gid}`,
    nlink: String(inode.nlink),
    size: String(inode.size),
    mtime: clock.show(inode.mtime),
  };
}

/** Writes first, so that there is something to read; then lists what a directory has. */
function useFacts(observer: Observer, fd: number): Facts {
  const flags = observer.statusFlags(fd);
  if ((flags & O_PATH) !== 0) return {};
  const facts: Facts = {};
  if ((observer.fstat(fd).mode & S_IFMT) === S_IFDIR) {
    const entries = observer.entries(fd);
    facts["entries"] = typeof entries === "number"
      ? outcome(entries)
      : entries.map(({ name, type }) => `${name} (${type})`).join(", ");
  }
  if ((flags & O_ACCMODE) !== 0) {
    facts["written"] = String(observer.write(fd, TEXT));
  }
  const bytes = observer.read(fd, COUNT);
  facts["read"] = typeof bytes === "number" ? outcome(bytes) : bytes.toHex();
  facts["position after use"] = String(observer.position(fd));
  return facts;
}
