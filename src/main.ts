/**
 * Puts the parts together: arguments, checks, jail, loop.
 *
 * @module
 */
import { credentialCalls } from "../ffi/credentials.ts";
import { fileCalls } from "../ffi/files.ts";
import { type Libc, openLibc } from "../ffi/libc.ts";
import { allocate } from "../ffi/memory.ts";
import { mountCalls } from "../ffi/mounts.ts";
import { ProcDirectory } from "../ffi/proc.ts";
import { processCalls } from "../ffi/process.ts";
import { socketCalls } from "../ffi/socket.ts";
import { SYMBOLS } from "../ffi/symbols.ts";
import { Waiter } from "../ffi/waiter.ts";
import { type Command, parseArguments, UsageError } from "./cli/arguments.ts";
import { checkExport, checkSocket } from "./cli/checks.ts";
import { usage } from "./cli/options.ts";
import { hasGenerations } from "./generations.ts";
import type { Context } from "./handlers/handler.ts";
import { createIdentity } from "./identity.ts";
import { checkRights, enterJail, type JailTools } from "./jail/jail.ts";
import { Log, stderrSink } from "./log.ts";
import { refuseUpdateCheck, touchRuntime } from "./runtime.ts";
import { Channel } from "./loop/channel.ts";
import { type Ending, serve } from "./loop/serve.ts";
import { VERSION } from "./version.ts";
import { RequestReader, SLOT_SIZE } from "./wire/request_reader.ts";

/** What asks the helper to end. */
const STOP_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * How long the loop sleeps in the kernel for the next request before it
 * leaves the waiting to another thread. While it does, signals wait.
 */
const SYNCHRONOUS_WAIT_MS = 2;

/** Runs the program; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let log = new Log("info", stderrSink);
  try {
    const command = parseArguments(args);
    switch (command.kind) {
      case "help":
        console.log(usage());
        return 0;
      case "version":
        console.log(`virtfs-proxy-helper ${VERSION}`);
        return 0;
      case "serve":
        log = new Log(command.logLevel, stderrSink);
        return await run(command, log);
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    log.error(error.message);
    if (error instanceof UsageError) log.error("Try --help");
    return 1;
  }
}

async function run(
  { path, fd }: Extract<Command, { kind: "serve" }>,
  log: Log,
): Promise<number> {
  const { writable } = checkExport(path);
  const libc = openLibc(SYMBOLS);
  // From here on no other library can be bound, whatever happens.
  Deno.permissions.revokeSync({ name: "ffi" });
  const sockets = socketCalls(libc);
  checkSocket(sockets, fd);
  using proc = new ProcDirectory(libc, "self");
  refuseUpdateCheck(proc.readText("environ"));
  const tools: JailTools = {
    mounts: mountCalls(libc),
    process: processCalls(libc),
    credentials: credentialCalls(libc),
    proc,
    log,
  };
  checkRights(tools, path);
  sockets.prepare(fd, SYNCHRONOUS_WAIT_MS);
  using waiter = new Waiter(libc, fd);
  const stop = stopOnSignals(waiter, log);
  touchRuntime();

  enterJail(tools, { path, readOnly: !writable });
  // /proc is another way out of the jail.
  proc.close();

  const channel = new Channel(libc, sockets, fd);
  const context = createContext(libc, tools, channel);
  log.info(`Serving ${path}${writable ? "" : ", read-only"}`);
  const ending = await serve({ channel, context, waiter, stop, log });
  sockets.close(fd);
  return exitStatus(ending);
}

function exitStatus(ending: Ending): number {
  return ending === "closed" || ending === "stopped" ? 0 : 1;
}

/** Asks the loop to end at any of the signals. */
function stopOnSignals(
  waiter: Waiter,
  log: Log,
): { readonly requested: boolean } {
  const stop = { requested: false };
  for (const signal of STOP_SIGNALS) {
    Deno.addSignalListener(signal, () => {
      log.info(`${signal}: ending`);
      stop.requested = true;
      waiter.wake();
    });
  }
  return stop;
}

function createContext(
  libc: Libc<typeof SYMBOLS>,
  { mounts, credentials }: JailTools,
  channel: Channel,
): Context {
  const slot = () => allocate(libc, SLOT_SIZE);
  return {
    request: new RequestReader(channel.window, [slot(), slot(), slot()]),
    reply: channel.reply,
    files: fileCalls(libc),
    identity: createIdentity(credentials),
    times: allocate(libc, 32),
    hasGenerations: hasGenerations(mounts.fileSystem("/").type),
  };
}
