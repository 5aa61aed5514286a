/**
 * Descriptors of all kinds, to be passed to a back end.
 *
 * @module
 */
import {
  AT_FDCWD,
  EFD_CLOEXEC,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  S_IFIFO,
} from "../../../ffi/constants.ts";
import { openLibc } from "../../../ffi/libc.ts";
import { cString } from "../../../ffi/memory.ts";
import { MEMORY_SYMBOLS } from "../../../ffi/symbols/memory.ts";
import type { Attack } from "./attack.ts";

/** memfd_create(2), fcntl(2). */
const MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
export const F_SEAL_SHRINK = 2, F_SEAL_WRITE = 8, F_SEAL_FUTURE_WRITE = 0x10;
const CLOCK_MONOTONIC = 1;

const SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int epoll_create1(int flags)
  epoll_create1: { parameters: ["i32"], result: "i32" },
  // int timerfd_create(int clock, int flags)
  timerfd_create: { parameters: ["i32", "i32"], result: "i32" },
  // int inotify_init1(int flags)
  inotify_init1: { parameters: ["i32"], result: "i32" },
  // int signalfd(int fd, const sigset_t *mask, int flags)
  signalfd: { parameters: ["i32", "buffer", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** What makes one. The caller closes it. */
export type Maker = (attack: Attack) => number;

/** Memory of `size` bytes with seals. */
export function sealed(seals: number, size: number): Maker {
  return ({ running: { system } }) => {
    const { symbols } = system.libc;
    const fd = system.must(
      "make memory",
      symbols.memfd_create(cString("sealed"), MFD_CLOEXEC | MFD_ALLOW_SEALING),
    );
    system.must("size memory", symbols.ftruncate(fd, BigInt(size)));
    system.must("seal memory", symbols.fcntl(fd, F_ADD_SEALS, seals));
    return fd;
  };
}

/** A file of the host's of `size` bytes, opened by `flags`. */
export function file(flags: number, size: number): Maker {
  return ({ host, outside }) => {
    const path = `${outside}/memory`;
    Deno.writeFileSync(path, new Uint8Array(size));
    const fd = host.openAt(AT_FDCWD, path, flags | O_CLOEXEC);
    Deno.removeSync(path);
    return fd;
  };
}

const opened = (path: string, flags: number): Maker => ({ host }) =>
  host.openAt(AT_FDCWD, path, flags | O_CLOEXEC);

function made(
  symbol: (symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"]) => number,
): Maker {
  return ({ running: { system } }) => {
    const libc = openLibc(SYMBOLS);
    try {
      return system.must("make a descriptor", symbol(libc.symbols));
    } finally {
      libc.close();
    }
  };
}

const first: (make: (attack: Attack) => [number, number]) => Maker =
  (make) => (attack) => {
    const [one, other] = make(attack);
    attack.running.system.close(other);
    return one;
  };

/** What is neither memory nor an event. */
export const STRANGE: Readonly<Record<string, Maker>> = {
  "a pipe's end to read from": first(({ running }) => running.system.pipe()),
  "a pipe's end to write to": first(({ running }) => {
    const [output, input] = running.system.pipe();
    return [input, output];
  }),
  "a FIFO": ({ host, outside }) => {
    host.mknod(`${outside}/fifo`, S_IFIFO | 0o600);
    const fd = host.openAt(AT_FDCWD, `${outside}/fifo`, O_RDWR);
    Deno.removeSync(`${outside}/fifo`);
    return fd;
  },
  "a socket": first(({ running }) => running.system.socketpair()),
  "a directory": ({ host, outside }) =>
    host.openAt(AT_FDCWD, outside, O_DIRECTORY),
  "a path": ({ host, outside }) => host.openAt(AT_FDCWD, outside, O_PATH),
  "/dev/zero": opened("/dev/zero", O_RDWR),
  "/dev/null": opened("/dev/null", O_RDWR),
  "a terminal": opened("/dev/ptmx", O_RDWR),
  "a file of /proc": opened("/proc/self/maps", O_RDONLY),
  "a timer": made((c) => c.timerfd_create(CLOCK_MONOTONIC, O_CLOEXEC)),
  "a set of descriptors": made((c) => c.epoll_create1(O_CLOEXEC)),
  "a watch on files": made((c) => c.inotify_init1(O_CLOEXEC)),
  "a queue of signals": made((c) =>
    c.signalfd(-1, new Uint8Array(8), O_CLOEXEC)
  ),
};

/** Files whose bytes can't be had, or can't be changed. */
export const HALF: Readonly<Record<string, Maker>> = {
  "a file to be read only": file(O_RDONLY, 65536),
  "a file to be written only": file(O_WRONLY, 65536),
  "a file by its path only": file(O_PATH, 65536),
  "memory that nobody may write to": sealed(F_SEAL_WRITE, 65536),
  "memory that nobody may write to any more": sealed(
    F_SEAL_FUTURE_WRITE,
    65536,
  ),
};

/** An event that waits, and holds as much as it can: whoever adds to it waits. */
export const fullEvent: Maker = ({ running: { system } }) => {
  const { symbols } = system.libc;
  const fd = system.must("make an eventfd", symbols.eventfd(0, EFD_CLOEXEC));
  const full = new Uint8Array(new BigUint64Array([(1n << 64n) - 2n]).buffer);
  system.must("fill it", symbols.write(fd, full, 8n));
  return fd;
};
