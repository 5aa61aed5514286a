/**
 * Serves one export: puts the parts together, in the order that is safe.
 *
 * @module
 */
import { credentialCalls } from "../ffi/credentials.ts";
import type { Libc } from "../ffi/libc.ts";
import { limitCalls } from "../ffi/limits.ts";
import { listenerCalls } from "../ffi/listener.ts";
import { mountCalls } from "../ffi/mounts.ts";
import { openFileCalls, parseMappings } from "../ffi/open_files.ts";
import { ProcDirectory } from "../ffi/proc.ts";
import { nameProcess } from "../ffi/process_name.ts";
import { processCalls } from "../ffi/process.ts";
import { seccompCalls } from "../ffi/seccomp.ts";
import { type SocketCalls, socketCalls } from "../ffi/socket.ts";
import { type SpawnCalls, spawnCalls } from "../ffi/spawn.ts";
import type { SharedSymbols } from "./symbols.ts";
import type { BoundFrontEnd, FrontEnd } from "./front_end.ts";
import { SystemError } from "../ffi/system_error.ts";
import { textStream } from "../ffi/text_stream.ts";
import { userNamespaceCalls } from "../ffi/user_namespace.ts";
import { Waiter } from "./polling/waiter.ts";
import type { ServeCommand } from "./cli/arguments.ts";
import { exportName } from "./jail/export_name.ts";
import { startInBackground } from "./process/background.ts";
import { type Mode, resolveMode } from "./process/mode.ts";
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
  dropDatabases,
  refuseCodeCache,
  refuseUpdateCheck,
  touchRuntime,
  unloadCode,
} from "./deno_runtime/runtime.ts";
import { stopOnDemand } from "./process/stop.ts";
import type { Rule } from "./jail/seccomp/rule.ts";
import { StartError } from "./errors.ts";
import type { JailPlan, JailTools } from "./jail/plan.ts";
import { formatProperty } from "./jail/property.ts";
import {
  announceSandbox,
  announceServing,
  announceStart,
  PROGRAM,
} from "./announce.ts";

const STDOUT = 1;
const STDERR = 2;

/** Serves until the connection ends; returns the exit status. */
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
  const stderr = background?.stderrFd ?? STDERR;
  nameProcess(libc, proc, PROGRAM, Deno.args);
  log.sink = streamSink(order.logFormat, textStream(libc, stderr));
  surviveUncaught(log);
  return await serveHere(order, log, {
    bound,
    rules: frontEnd.rules,
    proc,
    spawn,
    sockets,
    mode,
    passed,
    notifySocket: environment.notifySocket,
    journalInode: environment.journalInode,
  });
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

/** What is known of this process, and how. */
interface ProcessParts {
  readonly bound: BoundFrontEnd;
  readonly rules: readonly Rule[];
  readonly proc: ProcDirectory;
  readonly spawn: SpawnCalls;
  readonly sockets: SocketCalls;
  readonly mode: Mode;
  /** How many sockets a service manager has passed to it. */
  readonly passed: number;
  readonly notifySocket: string | undefined;
  readonly journalInode: string | undefined;
}

async function serveHere(
  order: ServeCommand,
  log: Log,
  parts: ProcessParts,
): Promise<number> {
  const { bound, rules, proc, spawn, sockets, mode, passed } = parts;
  const { notifySocket, journalInode } = parts;
  const { libc } = bound;
  const { jail } = order;
  const { name, path } = exportName(proc, order.path);
  const announced = { name, readOnly: jail.readOnly };
  const listeners = listenerCalls(libc);
  const credentials = credentialCalls(libc);
  const tools: JailTools = {
    mounts: mountCalls(libc),
    userNamespaces: userNamespaceCalls(libc),
    process: processCalls(libc),
    limits: limitCalls(libc),
    credentials,
    proc,
    log,
  };
  checkRights(tools, name);
  const processState = new ProcessState({
    libc,
    spawn,
    log,
    mode,
    notifySocket,
  });
  using waiter = new Waiter(libc);
  const stop = stopOnDemand({
    libc,
    waiter,
    log,
    dieWithParent: order.dieWithParent,
  });
  // Asked for here: in the jail the runtime would ask the export.
  const pollMax = pollLimit(order.pollMaxUs);
  // What fails at the start its caller sees at once; the journal has times of its own.
  const timed = mode.kind === "foreground" &&
    proc.readLink(`fd/${STDERR}`) !== `socket:[${journalInode}]`;
  const source = prepareSource(
    { libc, sockets, listeners, credentials, mounts: tools.mounts },
    order.source,
    passed,
  );
  let plan: JailPlan;
  try {
    const pidFile = claimPidFile(libc, order.pidFile, spawn.pid());
    const mapping = jail.ids && resolveMapping(libc, jail.ids);
    touchRuntime();
    awaitQuiet(tools);
    const files = openFileCalls(libc);
    const mappings = parseMappings(proc.readText("maps"));
    dropDatabases(proc, files, mappings);
    plan = enterJail(tools, path, jail, mapping);
    const held = heldDescriptors(mode, source, pidFile);
    const sandbox = describeJail(tools, plan, held);
    unloadCode(proc, files, mappings);
    const listens = source.kind === "listener";
    if (listens) listeners.listen(source.fd);
    const threads = installSeccomp(
      { seccomp: seccompCalls(libc), proc },
      jail.seccomp,
      rules,
      { pid: spawn.pid(), listens },
    );
    sandbox.push(...describeFilter(threads, jail.seccomp));
    // /proc is another way out of the jail.
    proc.close();
    if (timed) {
      log.sink = streamSink(
        order.logFormat,
        textStream(libc, STDERR),
        "with times",
      );
    }
    const socket = describeSource(order.source);
    announceStart(
      log,
      listens ? "Listening for" : "Serving",
      socket,
      announced,
    );
    announceSandbox(log, sandbox);
    if (order.printSandbox) {
      const fd = mode.kind === "background" ? mode.stderrFd : STDOUT;
      const lines = sandbox.map((property) => `${formatProperty(property)}\n`);
      textStream(libc, fd)(lines.join(""));
    }
    processState.ready();
  } catch (error) {
    if (source.kind === "listener") source.removeName();
    throw error;
  }
  plan.mountWatch?.start(waiter);
  const fd = await connectionFrom(source, { listeners, waiter, stop, log });
  if (fd !== undefined && source.kind === "listener") {
    announceServing(log, announced);
  }
  const ending = fd === undefined ? "stopped" : await bound.serve(fd, {
    tools,
    waiter,
    stop,
    log,
    devices: order.devices,
    devicesBarred: plan.privateMount,
    mappedIds: jail.ids !== undefined,
    pollMax,
    root: plan.root,
    own: ownIds(plan.mapped?.mapping),
  });
  processState.stopping();
  return ending === "closed" || ending === "stopped" ? 0 : 1;
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
