/**
 * A file system server in this process, and a guest that holds each of its
 * answers against the protocol.
 *
 * @module
 */
import { equal, ok } from "node:assert/strict";
import {
  AT_FDCWD,
  F_GETFD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
} from "../../../../../ffi/constants.ts";
import { credentialCalls } from "../../../../../ffi/credentials.ts";
import { errnoName } from "../../../../../ffi/errno.ts";
import { openLibc } from "../../../../../ffi/libc.ts";
import { cString } from "../../../../../ffi/memory.ts";
import type { Fd } from "../../../../../ffi/results.ts";
import { PASSTHROUGH_SYMBOLS } from "../../../../../ffi/symbols/passthrough.ts";
import { createIdentity } from "../../../../../src/identity.ts";
import { Log } from "../../../../../src/log/log.ts";
import { Figures } from "../../../../../src/metrics/figures.ts";
import { dense } from "../../../../../src/vhost_user_fs/fuse/opcodes.ts";
import { SHARED_FAST, SHARED_SELDOM } from "../../../../../src/symbols.ts";
import { Writer } from "../../../../../src/vhost_user_fs/client/bytes.ts";
import {
  type Answer,
  OPCODES,
  type Request,
} from "../../../../../src/vhost_user_fs/client/request.ts";
import {
  forget,
  init,
  KERNELS,
} from "../../../../../src/vhost_user_fs/client/requests/session.ts";
import {
  createFuseServer,
  type FuseLibc,
} from "../../../../../src/vhost_user_fs/fuse_server.ts";
import type { FuseServer } from "../../../../../src/vhost_user_fs/message.ts";
import type { FuseOptions } from "../../../../../src/vhost_user_fs/options.ts";
import { workspace } from "../../../../support/workspace.ts";
import { TestMessage } from "./message.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const HEADER = 40;
const OUT_HEADER = 16;
const EXT_GROUPS = 32;
/** More than any test has open. */
const DESCRIPTORS = 4096;

/** What tests do without saying. */
export const DEFAULTS: FuseOptions = {
  cache: "auto",
  xattr: true,
  posixAcl: "never",
  readdirplus: true,
  killprivV2: false,
  directIo: false,
  allowMmap: false,
  announceSubmounts: true,
  preserveNoatime: false,
  readOnly: false,
  mappedIds: false,
  devices: true,
};

/** How a mount is made. */
export interface MountOptions extends Partial<FuseOptions> {
  readonly budget?: number;
  /** Whether the log has everything. */
  readonly verbose?: boolean;
  /** The directory, instead of a new one on the disk. */
  readonly path?: string;
  /** The working directory, where it is the wrong one. */
  readonly workingDirectory?: string;
  /** Functions of libc that fail, with which errno. */
  readonly failing?: Readonly<Record<string, number>>;
  /** Which guest says INIT; null for none. */
  readonly kernel?: keyof typeof KERNELS | null;
}

/** A reply without its meaning. */
export interface RawReply {
  /** used.len. */
  readonly length: number;
  readonly errno: number;
  readonly body: Bytes;
}

/** Serves a directory until it is disposed of. */
export class Mount implements Disposable {
  readonly path: string;
  readonly server: FuseServer;
  readonly message: TestMessage;
  readonly libc = openLibc(
    { ...SHARED_FAST, ...PASSTHROUGH_SYMBOLS },
    SHARED_SELDOM,
  );
  readonly logged: string[] = [];
  readonly figures = new Figures(dense((name) => name), true);
  uid = 0;
  gid = 0;
  /** The group that creating requests bring. */
  group: number | undefined;
  unique = 0x1_0000_0002n;
  readonly #stack = new DisposableStack();

  constructor(options: MountOptions = {}) {
    const {
      budget = 1000,
      path,
      kernel = "7.2",
      verbose,
      workingDirectory,
      failing = {},
      ...rest
    } = options;
    const { libc } = this;
    const stack = this.#stack;
    stack.defer(() => libc.close());
    this.path = path ?? stack.use(workspace()).path;
    Deno.chmodSync(this.path, 0o777);
    const c = libc.symbols;
    const openDirectory = (name: string) => {
      const fd = c.openat(
        AT_FDCWD,
        cString(name),
        O_PATH | O_DIRECTORY | O_CLOEXEC,
        0,
      );
      ok(fd >= 0, `open ${name}`);
      return fd;
    };
    const before = openDirectory(".");
    const root = openDirectory(this.path);
    stack.defer(() => {
      c.fchdir(before);
      c.close(before);
      c.close(root);
    });
    equal(c.chdir(cString(workingDirectory ?? "/proc/self/fd")), 0);
    const mask = c.umask(0);
    stack.defer(() => c.umask(mask));
    const credentials = credentialCalls(libc);
    // No more than 32 capabilities, as in the jail.
    const { permitted } = credentials.readSets();
    equal(
      credentials.writeSets(credentials.prepareSets(permitted, permitted)),
      0,
    );
    try {
      this.server = createFuseServer({
        libc: withFailures(libc, failing),
        root: root as Fd,
        identity: createIdentity(credentials, permitted, { uid: 0, gid: 0 }),
        options: { ...DEFAULTS, ...rest },
        log: new Log(
          verbose ? "debug" : "info",
          "text",
          (_, line) => this.logged.push(line),
        ),
        figures: this.figures,
        budget,
      });
    } catch (error) {
      stack.dispose();
      throw error;
    }
    stack.defer(() => this.server.reset());
    this.message = new TestMessage(libc);
    if (kernel !== null) this.must(init(KERNELS[kernel]));
  }

  /** Acts as another user. */
  as<T>(uid: number, gid: number, act: () => T): T {
    [this.uid, this.gid] = [uid, gid];
    try {
      return act();
    } finally {
      [this.uid, this.gid] = [0, 0];
    }
  }

  /** The descriptors that this process has. */
  open(): number[] {
    const found: number[] = [];
    for (let fd = 0; fd < DESCRIPTORS; fd++) {
      if (this.libc.symbols.fcntl(fd, F_GETFD, 0) >= 0) found.push(fd);
    }
    return found;
  }

  /** How many they are. */
  descriptors(): number {
    return this.open().length;
  }

  /** Sends a request, and checks all that can be said of any reply. */
  ask<T>(request: Request<T>): Answer<T> {
    const { room } = request;
    if (room === "none") {
      const { length } = this.raw(this.encode(request), 0);
      equal(length, 0, "something came back");
      return { errno: 0, value: request.decode(new Uint8Array()) };
    }
    const most = "exactly" in room ? room.exactly : room.atMost;
    const { errno, body } = this.raw(this.encode(request), OUT_HEADER + most);
    if (errno !== 0) return { errno };
    if ("exactly" in room) equal(body.length, most, `${request.op}: body`);
    return { errno: 0, value: request.decode(body) };
  }

  /** The value of a request that succeeds. */
  must<T>(request: Request<T>): T {
    const { errno, value } = this.ask(request);
    equal(errnoName(errno), errnoName(0), String(request.op));
    return value as T;
  }

  /** The name of the errno of a request that fails; "ok" of one that does not. */
  fails(request: Request<unknown>): string {
    const { errno } = this.ask(request);
    return errno === 0 ? "ok" : errnoName(errno);
  }

  forget(nodeid: number, count = 1): void {
    this.must(forget(nodeid, count));
  }

  /**
   * Sends bytes. The checklist of every reply: used.len is what the header
   * says, the request's number comes back, the error is one of Linux', an error
   * has no body, nothing is written behind.
   */
  raw(bytes: Uint8Array, room: number): RawReply {
    this.message.put(bytes, room);
    // What is missing of it counts as 0.
    const head = new Uint8Array(OUT_HEADER);
    head.set(bytes.subarray(0, OUT_HEADER));
    const unique = new DataView(head.buffer).getBigUint64(8, true);
    const length = this.server.serve(this.message, 1);
    const written = this.message.written(length);
    if (length === 0) return { length, errno: 0, body: written };
    ok(length >= OUT_HEADER, "less than a header");
    const view = new DataView(written.buffer);
    equal(view.getUint32(0, true), length, "used.len is not the header's");
    const error = view.getInt32(4, true);
    ok(error <= 0 && error > -512, `error ${error}`);
    equal(view.getBigUint64(8, true), unique, "another request's number");
    if (error !== 0) equal(length, OUT_HEADER, "an error with a body");
    return { length, errno: -error, body: written.slice(OUT_HEADER) };
  }

  /** The bytes of a request. */
  encode(request: Request<unknown>): Bytes {
    const { args, data = new Uint8Array(), nodeid } = request;
    const group = request.group ?? this.group;
    const extension = group === undefined
      ? new Uint8Array()
      : new Writer().u32(16, EXT_GROUPS, 1, group).bytes;
    const opcode = typeof request.op === "number"
      ? request.op
      : OPCODES[request.op];
    const length = HEADER + args.length + data.length + extension.length;
    const unique = this.unique;
    this.unique += 2n;
    return new Writer().u32(length, opcode).u64(unique, nodeid)
      .u32(this.uid, this.gid, 1).u16(extension.length / 8, 0)
      .raw(args).raw(data).raw(extension).bytes;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** The same libc, but some of its functions fail. */
function withFailures(
  libc: FuseLibc,
  failing: Readonly<Record<string, number>>,
): FuseLibc {
  let forced = 0;
  const calls = Object.entries(failing).map(([name, errno]) => [name, () => {
    forced = errno;
    return -1;
  }]);
  return {
    ...libc,
    symbols: { ...libc.symbols, ...Object.fromEntries(calls) },
    errno() {
      const errno = forced === 0 ? libc.errno() : forced;
      forced = 0;
      return errno;
    },
  };
}
