/**
 * From a name, or from a file that was just made, to a node with one reference
 * more.
 *
 * @module
 */
import { S_IFDIR, S_IFMT } from "../../../ffi/constants.ts";
import { STATX } from "../../../ffi/files.ts";
import type { Name, PassthroughCalls } from "../../../ffi/passthrough.ts";
import { type Errno, failed, type Fd } from "../../../ffi/results.ts";
import type { Session } from "../fuse/init.ts";
import { ATTR_SUBMOUNT } from "../fuse/structs.ts";
import type { Budget } from "./budget.ts";
import type { Inodes, Slot } from "./inodes.ts";

declare const referenced: unique symbol;
/** A slot of which the guest gets one reference more; what it is stands in the status buffer. */
export type Entry = Slot & { readonly [referenced]: true };

/** Makes entries. */
export class Lookup {
  /** The flags of the attributes of the last entry. */
  flags = 0;

  readonly #calls: PassthroughCalls;
  readonly #inodes: Inodes;
  readonly #budget: Budget;
  readonly #session: Pick<Session, "submounts">;

  constructor(
    calls: PassthroughCalls,
    inodes: Inodes,
    budget: Budget,
    session: Pick<Session, "submounts">,
  ) {
    this.#calls = calls;
    this.#inodes = inodes;
    this.#budget = budget;
    this.#session = session;
  }

  /** What `name` in `parent` is. One call where it is known. */
  find(parent: Slot, name: Name): Entry | Errno {
    const inodes = this.#inodes, calls = this.#calls;
    const result = calls.statAt(inodes.fd(parent), name);
    if (failed(result)) return result;
    const known = inodes.find(calls.statBuffer.words);
    return known === 0 ? this.open(parent, name) : this.#entry(parent, known);
  }

  /** The same where `name` is new, or not known. */
  open(parent: Slot, name: Name): Entry | Errno {
    const denied = this.#budget.check(1);
    if (failed(denied)) return denied;
    const fd = this.#calls.openPath(this.#inodes.fd(parent), name);
    return failed(fd) ? fd : this.#enter(parent, fd);
  }

  /** A file in `parent` that is open as `fd`, which stays the caller's. */
  opened(parent: Slot, fd: Fd): Entry | Errno {
    const denied = this.#budget.check(1);
    if (failed(denied)) return denied;
    const path = this.#calls.openPathOf(fd);
    return failed(path) ? path : this.#enter(parent, path);
  }

  /** A known inode under one more name, in `parent`. */
  again(parent: Slot, slot: Slot): Entry | Errno {
    const result = this.#calls.stat(this.#inodes.fd(slot), 0);
    return failed(result) ? result : this.#entry(parent, slot);
  }

  /** Takes the reference back. */
  undo(entry: Entry): void {
    this.#inodes.forget(entry, this.#inodes.generation(entry), 1);
  }

  /** What an O_PATH descriptor stands for: by itself, as another file may have the name by now. */
  #enter(parent: Slot, fd: Fd): Entry | Errno {
    const inodes = this.#inodes, calls = this.#calls;
    const result = calls.stat(fd, 0);
    if (failed(result)) {
      calls.close(fd);
      return result;
    }
    const { words } = calls.statBuffer;
    const known = inodes.find(words);
    if (known !== 0) {
      calls.close(fd);
      return this.#entry(parent, known);
    }
    this.#note(parent);
    return inodes.add(fd, words) as Entry;
  }

  #entry(parent: Slot, slot: Slot): Entry {
    this.#note(parent);
    this.#inodes.take(slot);
    return slot as Entry;
  }

  #note(parent: Slot): void {
    const { words } = this.#calls.statBuffer;
    this.flags = this.#session.submounts &&
        (words[STATX.mode]! & S_IFMT) === S_IFDIR &&
        this.#inodes.isElsewhere(parent, words)
      ? ATTR_SUBMOUNT
      : 0;
  }
}
