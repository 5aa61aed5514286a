/**
 * Where all measurements make their files.
 *
 * @module
 */
import { TemporaryDirectory } from "../program/clean_up.ts";

/** Not in /tmp: that is a tmpfs on many machines, without xattrs and generations. */
export class BenchDirectory extends TemporaryDirectory {
  /** @throws {Error} where it can't be made; the message says where, and why */
  constructor() {
    super("/var/tmp", "virtfs-bench-");
  }
}
