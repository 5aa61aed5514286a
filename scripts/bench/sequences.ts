/**
 * Requests in an order in which they work and after which the files are as they
 * were before: CREATE and REMOVE, say.
 *
 * @module
 */
import {
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  S_IFIFO,
} from "../../ffi/constants.ts";
import { ENOENT } from "../../ffi/errno.ts";
import type { Libc } from "../../ffi/libc.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import {
  type RequestFields,
  type RequestName,
  REQUESTS,
} from "../../src/proxy/wire/protocol.ts";
import { prepare, type Prepared } from "./load.ts";
import type { Kind } from "./mix.ts";
import type { LOAD_SYMBOLS } from "./symbols.ts";
import { type Tree, USER } from "./tree.ts";

const ENODATA = 61;
const FIFO = S_IFIFO | 0o644;

/** A request, and the kind that it counts as: none where it only undoes another one. */
export interface Step {
  readonly kind: Kind | undefined;
  readonly request: Prepared;
}

/** Makes sequences for one tree. */
export class Sequences {
  readonly #libc: Libc<typeof LOAD_SYMBOLS>;
  readonly #tree: Tree;

  constructor(libc: Libc<typeof LOAD_SYMBOLS>, tree: Tree) {
    this.#libc = libc;
    this.#tree = tree;
  }

  /** The `n`th sequence that has requests of `kind`. Each has files of its own. */
  make(kind: Kind, n: number): readonly Step[] {
    const tree = this.#tree;
    const file = tree.files[n * 7 % tree.files.length]!;
    const path = `${tree.place}/${
      kind.toLowerCase().replaceAll(/\W+/g, "-")
    }-${n}`;
    const one = <N extends RequestName>(
      name: N,
      fields: RequestFields<N>,
      errno = 0,
    ) => [this.#step(kind, name, fields, errno)];
    const undo = this.#step(undefined, "REMOVE", { path });
    const create = (counted: Kind | undefined, id: number) =>
      this.#step(counted, "CREATE", {
        path,
        flags: O_RDWR | O_CREAT | O_EXCL,
        mode: 0o644,
        uid: id,
        gid: id,
      });
    const user = { uid: USER, gid: USER };
    switch (kind) {
      case "LSTAT":
        return one("LSTAT", { path: file });
      case "LSTAT, no file":
        return one("LSTAT", { path }, ENOENT);
      case "GETVERSION":
        return one("GETVERSION", { path: file });
      case "STATFS":
        return one("STATFS", { path: file });
      case "OPEN":
        return one("OPEN", { path: file, flags: O_RDONLY });
      case "CHMOD":
        return one("CHMOD", { path: file, mode: n % 2 ? 0o644 : 0o600 });
      case "CHOWN":
        return one("CHOWN", { path: file, ...user });
      case "UTIME":
        return one("UTIME", {
          path: file,
          atimeSeconds: 1_000_000_000n,
          atimeNanoseconds: 0n,
          mtimeSeconds: 1_000_000_000n + BigInt(n),
          mtimeNanoseconds: 0n,
        });
      case "TRUNCATE":
        return one("TRUNCATE", { path: tree.noted, size: BigInt(n % 2) });
      case "READLINK":
        return one("READLINK", { path: tree.symlink, size: 4096 });
      case "LGETXATTR, none":
        return one(
          "LGETXATTR",
          { path: file, name: "security.capability", size: 0 },
          ENODATA,
        );
      case "LGETXATTR":
        return one("LGETXATTR", {
          path: tree.noted,
          name: "user.note",
          size: 64,
        });
      case "LLISTXATTR":
        return one("LLISTXATTR", { path: file, size: 0 });
      case "LREMOVEXATTR, none":
        return one(
          "LREMOVEXATTR",
          { path: file, name: "user.none" },
          ENODATA,
        );
      case "LSETXATTR":
      case "LREMOVEXATTR":
        return [
          this.#step("LSETXATTR", "LSETXATTR", {
            path: file,
            name: "user.bench",
            value: "0123456789abcdef",
            size: 16,
            flags: 0,
          }),
          this.#step("LREMOVEXATTR", "LREMOVEXATTR", {
            path: file,
            name: "user.bench",
          }),
        ];
      case "REMOVE":
      case "CREATE":
        return [
          create("CREATE", USER),
          this.#step("REMOVE", "REMOVE", { path }),
        ];
      case "CREATE, as root":
        return [create(kind, 0), undo];
      case "LINK":
        return [...one("LINK", { old: file, new: path }), undo];
      case "REMOVE, directory":
      case "MKDIR":
        return [
          this.#step("MKDIR", "MKDIR", { path, mode: 0o755, ...user }),
          this.#step("REMOVE, directory", "REMOVE", { path }),
        ];
      case "SYMLINK":
        return [
          ...one("SYMLINK", { target: "../file-00.c", path, ...user }),
          undo,
        ];
      case "MKNOD":
        return [...one("MKNOD", { path, mode: FIFO, rdev: 0n, ...user }), undo];
      case "RENAME":
        return [
          create(undefined, USER),
          ...one("RENAME", { old: path, new: `${path}-2` }),
          this.#step(undefined, "REMOVE", { path: `${path}-2` }),
        ];
    }
  }

  /**
   * Makes a FIFO and renames it over the one that the last round has left, so
   * that nothing needs to be undone.
   */
  makeNodeAndRename(): readonly Step[] {
    const path = `${this.#tree.place}/node`;
    return [
      this.#step("MKNOD", "MKNOD", {
        path,
        mode: FIFO,
        rdev: 0n,
        uid: USER,
        gid: USER,
      }),
      this.#step("RENAME", "RENAME", { old: path, new: `${path}-2` }),
    ];
  }

  #step<N extends RequestName>(
    kind: Kind | undefined,
    name: N,
    fields: RequestFields<N>,
    errno = 0,
  ): Step {
    const { path = "" } = fields as { path?: string };
    return {
      kind,
      request: prepare(
        this.#libc,
        `${name} ${path}`,
        encodeRequest(name, fields),
        {
          descriptor: REQUESTS[name].reply === "descriptor",
          errno,
        },
      ),
    };
  }
}
