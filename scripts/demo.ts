/**
 * Shows what the helpers do, without QEMU: starts the real ones in fresh
 * directories, makes every request that there is, and compares each answer with
 * what the host sees.
 *
 * As an ordinary user it starts them in a user namespace.
 *
 * @module
 */
import { type Libc, openLibc } from "../ffi/libc.ts";
import { allocate, cString } from "../ffi/memory.ts";
import { REQUEST_NAMES } from "../mod.ts";
import {
  PROXY_FAST,
  PROXY_SELDOM,
  type ProxySymbols,
} from "../src/proxy/symbols.ts";
import { OPCODES } from "../src/vhost_user_fs/fuse/opcodes.ts";
import { FUSE_STEPS } from "./demo/fuse/steps.ts";
import { PROXY_STEPS } from "./demo/proxy_steps.ts";
import { explain, makeRequests, showJail } from "./demo/show.ts";
import type { Common } from "./demo/step.ts";
import { TemporaryDirectory } from "./program/clean_up.ts";
import { refuseArguments, runProgram } from "./program/main.ts";
import { paint, say, wrapCommand } from "./program/output.ts";
import { type Command, launcher, startHelper } from "./program/proxy_helper.ts";
import { startVhostHelper, vhostLauncher } from "./program/vhost_helper.ts";

const USAGE = `Usage: deno task demo

Starts each of the two real helpers in a new directory of /var/tmp, makes every
request that there is, and shows for each what was asked, what the helper
answered, and whether the host sees it. Removes the directories afterwards.
Needs no QEMU and no root.

  -h, --help  show this and exit`;

/** One of the two programs in the demo. */
interface Part {
  readonly title: string;
  readonly command: Command;
  /** What is appended to the command, as a person would write it. */
  readonly connection: (directory: string) => string[];
  /** Which requests its protocol has. */
  readonly requests: number;
  readonly steps: readonly { readonly request: string }[];
  /** Starts it; its standard error is this program's. */
  readonly start: (command: Command, directory: string) => Promise<Running>;
}

/** A helper that serves. */
interface Running {
  readonly pid: number;
  /** Makes all requests; returns how many went wrong. */
  readonly show: (common: Common) => number;
  /** Resolves with its status when it has ended. */
  readonly stop: () => Promise<Deno.CommandStatus>;
}

const PROXY: Part = {
  title: "virtfs-proxy-helper, for QEMU to 9.1: the proxy protocol",
  command: [...launcher(), "-n", "--log-level=warning"],
  connection: (directory) => ["-p", directory, "-f", "FD"],
  requests: REQUEST_NAMES.length,
  steps: PROXY_STEPS,
  start: async (command, directory) => {
    const { client, process } = await startHelper(command, directory);
    return {
      pid: process.pid,
      show: (common) => makeRequests(PROXY_STEPS, { ...common, client }),
      stop: () => {
        client.close();
        return process.status;
      },
    };
  },
};

const VHOST: Part = {
  title: "virtfs-vhost-helper, for any QEMU: FUSE in the guest's memory",
  command: [...vhostLauncher(), "--xattr", "--log-level=error"],
  connection: (directory) => [`--shared-dir=${directory}`, "--fd=FD"],
  requests: Object.keys(OPCODES).length,
  steps: FUSE_STEPS,
  start: async (command, directory) => {
    const { session, process, stop } = await startVhostHelper(
      command,
      directory,
    );
    return {
      pid: process.pid,
      show: (common) =>
        makeRequests(FUSE_STEPS, {
          ...common,
          session,
          nodes: new Map(),
          handles: new Map(),
        }),
      stop,
    };
  },
};

await runProgram(USAGE, async (args) => {
  refuseArguments(args);
  return await demo() ? 0 : 1;
});

async function demo(): Promise<boolean> {
  const isRoot = Deno.uid() === 0;
  say(
    isRoot
      ? "You are root: the helpers will serve any owner."
      : `You are not root: the helpers run in a user namespace,
where you are, and no other owner exists.`,
  );
  explain();
  const right = await demonstrate(PROXY, isRoot);
  return await demonstrate(VHOST, isRoot) && right;
}

async function demonstrate(part: Part, isRoot: boolean): Promise<boolean> {
  const { title, command, connection, requests, steps, start } = part;
  await using place = new TemporaryDirectory("/var/tmp", "virtfs-demo-");
  const directory = place.path;
  say(`\n${paint("bold", title)}`);
  say(`The export is ${paint("bold", directory)}.`);
  const shown = wrapCommand([...command, ...connection(directory)]);
  say(paint("dim", `$ ${shown}\n`));
  // The first answer takes as long as the start, so the table is without it.
  const helper = await start(command, directory).catch((error) => {
    const hint = "Does this system let ordinary users make user namespaces?";
    throw isRoot ? error : new Error(`${error.message}\n${hint}`);
  });
  const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  let failed = steps.length;
  let status: Deno.CommandStatus;
  try {
    failed = helper.show({
      directory,
      user: isRoot ? 1000 : 0,
      hostUser: isRoot ? 1000 : Deno.uid() ?? 0,
      devices: isRoot,
      xattrs: false,
      hostXattr: (name, attribute) =>
        hostXattr(libc, `${directory}/${name}`, attribute),
    });
    showJail(libc, helper.pid);
  } finally {
    status = await helper.stop();
  }
  const asked = new Set(steps.map(({ request }) => request));
  say(
    `\n${
      steps.length - failed
    } of ${steps.length} answers as they should be, ` +
      `${asked.size} of ${requests} requests.\n` +
      `The helper ended with status ${status.code}.`,
  );
  return failed === 0 && status.code === 0;
}

/** The value of an xattr, read without the helper. */
function hostXattr(
  libc: Libc<ProxySymbols>,
  path: string,
  attribute: string,
): string | undefined {
  const value = allocate(libc, 256);
  const size = libc.symbols.lgetxattr(
    libc.pointerTo(cString(path)),
    libc.pointerTo(cString(attribute)),
    value.pointer,
    BigInt(value.bytes.length),
  );
  return size < 0
    ? undefined
    : new TextDecoder().decode(value.bytes.subarray(0, size));
}
