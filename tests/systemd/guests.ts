/**
 * What uses a share: a client of each program's, with the few requests that the
 * tests of systemd's units need.
 *
 * @module
 */
import { errnoName } from "../../ffi/errno.ts";
import { Client } from "../../src/proxy/client/client.ts";
import { FrontEnd } from "../../src/vhost_user_fs/client/front_end.ts";
import { ROOT } from "../../src/vhost_user_fs/client/request.ts";
import { mkdir, mknod } from "../../src/vhost_user_fs/client/requests/names.ts";
import { System } from "../../src/vhost_user_fs/client/system.ts";
import { connectTo } from "../support/connections.ts";
import { done, outcome } from "../support/said.ts";
import { greet } from "../vhost/support/program.ts";

/** A guest that has the share. Each request returns `done`, or an errno by name. */
export interface Guest extends Disposable {
  mkdir(name: string): string;
  /** Makes a device node, of numbers that no unit may open by default: those of /dev/mem. */
  device(name: string): string;
  /** Makes a file that runs as its owner. */
  setuid(name: string): string;
}

/** A program whose units are tested. */
export interface Program {
  readonly name: "virtfs-proxy-helper" | "virtfs-vhost-helper";
  /** Its options for guest ids 0 to 65535 as 100000 to 165535. */
  readonly mapped: string;
  /** Connects to the socket `path`, and waits until the program serves. */
  connect(path: string): Guest;
}

const S_IFCHR = 0o020000, S_IFREG = 0o100000, S_ISUID = 0o4000;
/** 1:1. */
const MEMORY_DEVICE = 0x101;

export const PROGRAMS: readonly Program[] = [{
  name: "virtfs-proxy-helper",
  mapped: "--uid-map 0:100000:65536 --gid-map 0:100000:65536",
  connect(path) {
    using made = new DisposableStack();
    const client = made.use(new Client(connectTo(path)));
    const node = (name: string, mode: number, device: bigint) =>
      outcome(client.mknod(name, mode, device, 0, 0));
    done(client.lstat("/"));
    const ends = made.move();
    return {
      mkdir: (name) => outcome(client.mkdir(name, 0o755, 0, 0)),
      device: (name) => node(name, S_IFCHR | 0o600, BigInt(MEMORY_DEVICE)),
      setuid: (name) => node(name, S_IFREG | S_ISUID | 0o755, 0n),
      [Symbol.dispose]: () => ends.dispose(),
    };
  },
}, {
  name: "virtfs-vhost-helper",
  mapped: "--map-uid 0:100000:65536 --map-gid 0:100000:65536",
  connect(path) {
    using made = new DisposableStack();
    const system = made.use(new System());
    const frontEnd = made.use(new FrontEnd(system, system.connect(path)));
    const session = greet(frontEnd);
    const ends = made.move();
    const named = (name: string) => name.replace(/^\//, "");
    const ask = (request: Parameters<typeof session.ask>[0]) => {
      const { errno } = session.ask(request);
      return errno === 0 ? "done" : errnoName(errno);
    };
    return {
      mkdir: (name) => ask(mkdir(ROOT, named(name), 0o755)),
      device: (name) =>
        ask(mknod(ROOT, named(name), S_IFCHR | 0o600, MEMORY_DEVICE)),
      setuid: (name) =>
        ask(mknod(ROOT, named(name), S_IFREG | S_ISUID | 0o755)),
      [Symbol.dispose]: () => ends.dispose(),
    };
  },
}];
