/**
 * vhost-user-fs: the device of QEMU, cloud-hypervisor and others, in the place of
 * virtiofsd.
 *
 * @module
 */
import { openLibc } from "../../ffi/libc.ts";
import type { Fd } from "../../ffi/results.ts";
import type { FrontEnd } from "../front_end.ts";
import type { JailNeeds } from "../jail/options.ts";
import { dense } from "./fuse/opcodes.ts";
import { createFuseServer } from "./fuse_server.ts";
import { type FuseOptions, MIN_FILES } from "./options.ts";
import { PROGRAM } from "./program.ts";
import { ACL_RULES, VHOST_USER_FS_RULES } from "./rules.ts";
import { serveQueues } from "./serve.ts";
import { VHOST_USER_FS_FAST, VHOST_USER_FS_SELDOM } from "./symbols.ts";

/** What the command line says of how files behave; the rest follows from the jail. */
export type FileOptions = Omit<
  FuseOptions,
  "readOnly" | "mappedIds" | "devices"
>;

/**
 * Descriptors that the guest's inodes and open files leave free: for the
 * runtime, the front end's 65 queues with three events each, a memory of 509
 * regions, and descriptors that come with a message.
 */
const RESERVED = 800;
/** What its requests need of the jail. */
export const VHOST_USER_FS_JAIL: JailNeeds = {
  descriptorDirectory: true,
  passesFiles: false,
  fewestFiles: MIN_FILES,
};

/** The front end, with files that behave as `files` says; `tag` for a front end that asks for it. */
export function vhostUserFs(
  files: FileOptions,
  tag: string | undefined,
): FrontEnd {
  return {
    program: PROGRAM,
    jail: VHOST_USER_FS_JAIL,
    rules: files.posixAcl === "never"
      ? VHOST_USER_FS_RULES
      : [...VHOST_USER_FS_RULES, ...ACL_RULES],
    requests: dense((name) => name),
    carriesData: true,
    bind() {
      const libc = openLibc(VHOST_USER_FS_FAST, VHOST_USER_FS_SELDOM);
      return {
        libc,
        serve(fd, parts) {
          const { readOnly, mappedIds, devices, maxFiles, root } = parts;
          const { waiter, stop, log, figures, pollMax } = parts;
          const server = createFuseServer({
            libc,
            root: root as Fd,
            identity: parts.identity,
            options: { ...files, readOnly, mappedIds, devices },
            log,
            figures,
            budget: fileBudget(maxFiles),
          });
          figures.held = server.held;
          return serveQueues({
            ...{ libc, fd, server, waiter, stop, log, figures, pollMax, tag },
          });
        },
      };
    },
  };
}

/**
 * How many descriptors a guest may make the program hold, of `maxFiles`. With a
 * low limit it is half of them, and the front end's memory and queues have to do
 * with the rest.
 */
function fileBudget(maxFiles: number): number {
  return Math.max(maxFiles - RESERVED, Math.floor(maxFiles / 2));
}
