/**
 * Serves one export by any front end.
 *
 * @module
 */
import { fileLockCalls } from "../ffi/file_lock.ts";
import type { Libc } from "../ffi/libc.ts";
import { listenerCalls } from "../ffi/listener.ts";
import { openFileCalls, parseMappings } from "../ffi/open_files.ts";
import { ProcDirectory } from "../ffi/proc.ts";
import { socketCalls } from "../ffi/socket.ts";
import { spawnCalls } from "../ffi/spawn.ts";
import type { SharedSymbols } from "./symbols.ts";
import type { FrontEnd } from "./front_end.ts";
import { SystemError } from "../ffi/system_error.ts";
import { textStream } from "../ffi/text_stream.ts";
import { Waiter } from "./polling/waiter.ts";
import type { ServeCommand } from "./cli/arguments.ts";
import { createIdentity } from "./identity.ts";
import { exportName } from "./jail/export_name.ts";
import { startInBackground } from "./process/background.ts";
import { type Mode, resolveMode } from "./process/mode.ts";
import { nameProcess } from "./process/name.ts";
import { claimPidFile } from "./process/pid_file.ts";
import { ProcessState } from "./process/state.ts";
import {
  FIRST_PASSED,
  parseEnvironment,
  passedSockets,
} from "./process/environment.ts";
import { checkRights, enterJail } from "./jail/jail.ts";
import {
  describeFilter,
  describeJail,
  type KnownDescriptor,
} from "./jail/report.ts";
import { closeInherited } from "./jail/descriptors.ts";
import { ownIds } from "./jail/id_mapping.ts";
import { resolveMapping } from "./jail/map_root.ts";
import { awaitQuiet } from "./deno_runtime/quiet.ts";
import { installSeccomp } from "./jail/seccomp/install.ts";
import { surviveUncaught } from "./process/last_words.ts";
import {
  connectionFrom,
  describeSource,
  type PreparedSource,
  prepareSource,
} from "./listen/source.ts";
import type { Log } from "./log/log.ts";
import { streamSink } from "./log/sinks.ts";
import { pollLimit } from "./polling/window.ts";
import {
  avoidRuntimeFiles,
  dropDatabases,
  refuseCodeCache,
  refuseUpdateCheck,
  unloadCode,
} from "./deno_runtime/runtime.ts";
import { stopOnDemand } from "./process/stop.ts";
import type { Rule } from "./jail/seccomp/rule.ts";
import { StartError } from "./errors.ts";
import type { JailOptions } from "./jail/options.ts";
import { type JailPlan, type JailTools, jailTools } from "./jail/plan.ts";
import { formatProperty, type Property } from "./jail/property.ts";
import {
  announceSandbox,
  announceServing,
  announceStart,
  PROGRAM,
} from "./announce.ts";

const STDOUT = 1;
const STDERR = 2;

/**
 * Serves until the connection ends; returns the exit status.
 *
 * The order of the steps is what makes a start safe: what the caller left open
 * is closed before a file of the host is opened, all of those are opened before
 * the jail is entered, nobody can connect before the jail is proven, and nothing
 * is served before system calls are filtered.
 */
export async function serveExport(
  frontEnd: FrontEnd,
  order: ServeCommand,
  log: Log,
): Promise<number> {
  const bound = frontEnd.bind();
  const { libc } = bound;
  // From here on no other library can be bound, whatever happens.
  Deno.permissions.revokeSync({ name: "ffi" });
  using proc = openProc(libc);
  const environ = proc.readText("environ");
  refuseUpdateCheck(environ);
  refuseCodeCache(proc.readText("cmdline"));

  // What the caller wants of this process, and has given to it.
  const environment = parseEnvironment(environ);
  const spawn = spawnCalls(libc);
  const sockets = socketCalls(libc);
  const mode = resolveMode(order.foreground, environment.mark, {
    proc,
    sockets,
    spawn,
  });
  const background = mode.kind === "background" ? mode : undefined;
  const passed = passedSockets(environment, background?.starter ?? spawn.pid());
  closeInherited(proc, sockets, needed(order, mode, passed));
  if (mode.kind === "starter") return startInBackground(spawn, proc, log);

  // The log, and whether there can be a jail.
  const tools = jailTools(libc, proc, log);
  const stderr = background?.stderrFd ?? STDERR;
  nameProcess(tools.process, proc, PROGRAM, Deno.args);
  log.sink = streamSink(order.logFormat, textStream(libc, stderr));
  surviveUncaught(log);
  const { name, path } = exportName(proc, order.path);
  checkRights(tools, name);

  // What is on the host, or asks it.
  const processState = new ProcessState({
    libc,
    spawn,
    log,
    mode,
    notifySocket: environment.notifySocket,
  });
  using waiter = new Waiter(libc);
  const { dieWithParent } = order;
  const stop = stopOnDemand({ spawn, waiter, log, dieWithParent });
  // In the jail the runtime would count processors by files of the export.
  const pollMax = pollLimit(order.pollMaxUs);
  // Lines of the log have a time once the helper serves; the journal has times of its own.
  const timed = mode.kind === "foreground" &&
    proc.readLink(`fd/${STDERR}`) !== `socket:[${environment.journalInode}]`;
  const listeners = listenerCalls(libc);
  const source = prepareSource(
    { libc, sockets, listeners, ...tools },
    order.source,
    passed,
  );
  const announced = { name, readOnly: order.jail.readOnly };
  let plan: JailPlan;
  try {
    const files = fileLockCalls(libc);
    const pidFile = claimPidFile(files, order.pidFile, spawn.pid());

    // The jail.
    const jailed = jailProcess(libc, tools, {
      path,
      jail: order.jail,
      rules: frontEnd.rules,
      pid: spawn.pid(),
      held: heldDescriptors(mode, source, pidFile),
      listen: source.kind === "listener"
        ? () => listeners.listen(source.fd)
        : undefined,
    });
    plan = jailed.plan;
    if (timed) {
      const stream = textStream(libc, STDERR);
      log.sink = streamSink(order.logFormat, stream, "with times");
    }
    announceStart(
      log,
      source.kind === "listener" ? "Listening for" : "Serving",
      describeSource(order.source),
      announced,
    );
    announceSandbox(log, jailed.sandbox);
    if (order.printSandbox) {
      const lines = jailed.sandbox.map(formatProperty).join("\n");
      textStream(libc, background?.stderrFd ?? STDOUT)(`${lines}\n`);
    }
    processState.ready();
  } catch (error) {
    if (source.kind === "listener") source.removeName();
    throw error;
  }

  // Waiting and serving.
  plan.mountWatch?.start(waiter);
  const fd = await connectionFrom(source, { listeners, waiter, stop, log });
  if (fd !== undefined && source.kind === "listener") {
    announceServing(log, announced);
  }
  const ending = fd === undefined ? "stopped" : await bound.serve(fd, {
    mounts: tools.mounts,
    identity: createIdentity(
      tools.credentials,
      plan.capabilities,
      ownIds(plan.mapped?.mapping),
    ),
    waiter,
    stop,
    log,
    devices: order.devices,
    devicesBarred: plan.privateMount,
    mappedIds: order.jail.ids !== undefined,
    pollMax,
    root: plan.root,
  });
  processState.stopping();
  return ending === "closed" || ending === "stopped" ? 0 : 1;
}

/** What {@linkcode jailProcess} is told. */
interface JailOrder {
  readonly path: string;
  readonly jail: JailOptions;
  /** The system calls of requests. */
  readonly rules: readonly Rule[];
  readonly pid: number;
  readonly held: readonly KnownDescriptor[];
  /** Lets others connect, where a connection is to be accepted. */
  readonly listen: (() => void) | undefined;
}

/** Quiets the runtime, enters the jail, proves it and filters system calls; returns what holds then. */
function jailProcess(
  libc: Libc<SharedSymbols>,
  tools: JailTools,
  { path, jail, rules, pid, held, listen }: JailOrder,
): { readonly plan: JailPlan; readonly sandbox: readonly Property[] } {
  const { proc } = tools;
  const mapping = jail.ids && resolveMapping(libc, jail.ids);
  avoidRuntimeFiles();
  awaitQuiet(tools);
  const files = openFileCalls(libc);
  const mappings = parseMappings(proc.readText("maps"));
  dropDatabases(proc, files, mappings);
  const plan = enterJail(tools, path, jail, mapping);
  const sandbox = describeJail(tools, plan, held);
  unloadCode(proc, files, mappings);
  listen?.();
  const listens = listen !== undefined;
  const threads = installSeccomp(tools, jail.seccomp, rules, { pid, listens });
  sandbox.push(...describeFilter(threads, jail.seccomp));
  // /proc is another way out of the jail.
  proc.close();
  return { plan, sandbox };
}

/** The inherited descriptors that mean something. */
function needed(
  { source }: ServeCommand,
  mode: Mode,
  passed: number,
): number[] {
  return [
    ...source.kind === "descriptor" ? [source.fd] : [],
    // More than one is refused.
    ...source.kind === "passed" && passed === 1 ? [FIRST_PASSED] : [],
    ...mode.kind === "background" ? [mode.readyFd, mode.stderrFd] : [],
  ];
}

/** Files that stay open in the jail, and why. */
function heldDescriptors(
  mode: Mode,
  source: PreparedSource,
  pidFile: number | undefined,
): KnownDescriptor[] {
  const held: KnownDescriptor[] = [];
  if (pidFile !== undefined) held.push({ fd: pidFile, what: "the pid file" });
  if (mode.kind === "background") {
    held.push({
      fd: mode.stderrFd,
      what: "the caller's stderr until it goes on",
    });
  }
  if (source.kind === "listener" && source.directory !== undefined) {
    const { fd, closed } = source.directory;
    const how = closed ? "a mount of its own" : "which leads out by ..";
    held.push({
      fd,
      what: `the directory of the socket, ${how}, until somebody connects`,
      weak: !closed,
    });
  }
  return held;
}

function openProc(libc: Libc<SharedSymbols>): ProcDirectory {
  try {
    return new ProcDirectory(libc, "self");
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new StartError(
      `Cannot start without /proc, from which the jail is proven (${error.message}); mount it`,
    );
  }
}
