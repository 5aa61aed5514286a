/**
 * Files that this process has open or in its memory, and is to let go of.
 *
 * @module
 */
import {
  EFD_CLOEXEC,
  MADV_DONTNEED,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  O_CLOEXEC,
  PROT_READ,
  PROT_WRITE,
} from "./constants.ts";
import type { Libc } from "./libc.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { PROCESS_SYMBOLS } from "./symbols/process.ts";
import { SystemError, thrower } from "./system_error.ts";

/** A file, or a part of it, in memory: a line of proc_pid_maps(5). */
export interface Mapping {
  /** Its address. */
  readonly start: number;
  /** In bytes, whole pages. */
  readonly size: number;
  /** `r-xp`; the last letter is `s` where writes reach the file. */
  readonly permissions: string;
  /** Where in the file it begins, in bytes. */
  readonly offset: number;
  readonly path: string;
}

const MAP_FAILED = -1;

/** Those mappings in the text of /proc/PID/maps that have a path. */
export function parseMappings(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  // Without regular expressions, which would be compiled for this one time.
  for (const line of text.split("\n")) {
    const at = line.indexOf("/");
    if (at < 0) continue;
    const [range = "", permissions = "", offset = ""] = line.split(" ", 3);
    const [start = 0, end = 0] = range.split("-").map((text) =>
      parseInt(text, 16)
    );
    mappings.push({
      start,
      size: end - start,
      permissions,
      offset: parseInt(offset, 16),
      // The only character that the kernel escapes here.
      path: line.slice(at).replaceAll("\\012", "\n"),
    });
  }
  return mappings;
}

/** What fails throws a SystemError, unless said otherwise. */
export type OpenFileCalls = ReturnType<typeof openFileCalls>;

export function openFileCalls(
  libc: Libc<
    typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS & typeof PROCESS_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const must = thrower(libc);
  return {
    /** Puts memory full of zeros in the place of a mapping. */
    cover({ start, size }: Mapping): void {
      const result = c.mmap(
        BigInt(start),
        BigInt(size),
        PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
        -1,
        0n,
      );
      // Not just negative: this is the lower half of an address.
      if (result === MAP_FAILED) throw new SystemError("mmap", libc.errno());
    },

    /**
     * Unmaps the pages of a mapping, where that can be done; each is mapped
     * again when it is next used, without what was written to it.
     */
    unload({ start, size }: Mapping): void {
      c.madvise(BigInt(start), BigInt(size), MADV_DONTNEED);
    },

    /** Puts an eventfd(2) in the place of each descriptor. */
    replace(descriptors: readonly number[]): void {
      const event = must("eventfd", c.eventfd(0, EFD_CLOEXEC));
      try {
        for (const fd of descriptors) {
          must("dup3", c.dup3(event, fd, O_CLOEXEC));
        }
      } finally {
        c.close(event);
      }
    },
  };
}
