/**
 * The front end for QEMU's `-fsdev proxy`, QEMU 1.1 to 9.1.
 *
 * @module
 */
import { openLibc } from "../../ffi/libc.ts";
import { socketCalls } from "../../ffi/socket.ts";
import type { FrontEnd } from "../front_end.ts";
import { serveConnection } from "./connection.ts";
import { NAMES } from "./handlers/table.ts";
import { PROXY_RULES } from "./rules.ts";
import { PROXY_FAST, PROXY_SELDOM } from "./symbols.ts";

export const PROXY: FrontEnd = {
  program: "virtfs-proxy-helper",
  // The launcher refuses less, too.
  jail: { descriptorDirectory: false, passesFiles: true, fewestFiles: 64 },
  rules: PROXY_RULES,
  requests: NAMES,
  // QEMU reads and writes files by the descriptors that it is passed.
  carriesData: false,
  bind() {
    const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
    const sockets = socketCalls(libc);
    return {
      libc,
      serve: (fd, parts) => serveConnection(fd, { ...parts, libc, sockets }),
    };
  },
};
