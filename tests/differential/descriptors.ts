/**
 * What can be done through the two descriptors that were passed.
 *
 * @module
 */
import { O_ACCMODE, O_PATH, S_IFDIR, S_IFMT } from "../../ffi/constants.ts";
import type { Clock } from "./clock.ts";
import type { Host } from "../support/host.ts";
import { type Both, both, type Facts, outcome } from "./facts.ts";
import { latin1 } from "./tree.ts";

/** Bytes that are read and written. */
const COUNT = 12;
const TEXT = new TextEncoder().encode("by way of fd");

/** Uses both descriptors alike, and closes them. */
export function descriptorFacts(
  host: Host,
  fds: Both<number>,
  clock: Clock,
): Both<Facts> {
  try {
    const state = both(fds, (fd) => stateFacts(host, fd, clock));
    // Where one may be read and the other not, reading would part the trees.
    if (state.ours["flags"] !== state.original["flags"]) return state;
    const use = both(fds, (fd) => useFacts(host, fd));
    return {
      ours: { ...state.ours, ...use.ours },
      original: { ...state.original, ...use.original },
    };
  } finally {
    both(fds, (fd) => host.close(fd));
  }
}

function stateFacts(host: Host, fd: number, clock: Clock): Facts {
  const inode = host.fstat(fd);
  return {
    flags: `0o${host.statusFlags(fd).toString(8)}`,
    position: String(host.position(fd)),
    mode: `0o${inode.mode.toString(8)}`,
    owner: `${inode.uid}:${inode.gid}`,
    nlink: String(inode.nlink),
    size: String(inode.size),
    mtime: clock.show(inode.mtime),
  };
}

/** Writes first, so that there is something to read; then lists what a directory has. */
function useFacts(host: Host, fd: number): Facts {
  const flags = host.statusFlags(fd);
  if ((flags & O_PATH) !== 0) return {};
  const facts: Facts = {};
  if ((host.fstat(fd).mode & S_IFMT) === S_IFDIR) {
    const entries = host.entries(fd);
    facts["entries"] = typeof entries === "number"
      ? outcome(entries)
      : entries.map(({ name, type }) => `${latin1(name)} (${type})`)
        .sort().join(", ");
  }
  if ((flags & O_ACCMODE) !== 0) {
    facts["written"] = String(host.put(fd, TEXT));
  }
  const bytes = host.read(fd, COUNT);
  facts["read"] = typeof bytes === "number" ? outcome(bytes) : bytes.toHex();
  facts["position after use"] = String(host.position(fd));
  return facts;
}
