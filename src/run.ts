/**
 * Serves one export by any front end.
 *
 * @module
 */
import { RLIMIT_NOFILE, SIGUSR2 } from "../ffi/constants.ts";
import { fileLockCalls } from "../ffi/file_lock.ts";
import type { Libc } from "../ffi/libc.ts";
import { listenerCalls } from "../ffi/listener.ts";
import { openFileCalls, parseMappings } from "../ffi/open_files.ts";
import { ProcDirectory } from "../ffi/proc.ts";
import { processCalls } from "../ffi/process.ts";
import { socketCalls } from "../ffi/socket.ts";
import { spawnCalls } from "../ffi/spawn.ts";
import type { SharedSymbols } from "./symbols.ts";
import type { Ending, FrontEnd } from "./front_end.ts";
import { SystemError } from "../ffi/system_error.ts";
import { textStream } from "../ffi/text_stream.ts";
import { Waiter } from "./polling/waiter.ts";
import type { ServeCommand } from "./cli/arguments.ts";
import { heldDescriptors, neededDescriptors } from "./held_descriptors.ts";
import { createIdentity } from "./identity.ts";
import { exportName } from "./jail/export_name.ts";
import { startInBackground } from "./process/background.ts";
import { resolveMode } from "./process/mode.ts";
import { nameProcess } from "./process/name.ts";
import { claimPidFile, type PidFile } from "./process/pid_file.ts";
import { ProcessState } from "./process/state.ts";
import { parseEnvironment, passedSockets } from "./process/environment.ts";
import { checkRights, enterJail } from "./jail/jail.ts";
import {
  describeFilter,
  describeJail,
  type KnownDescriptor,
} from "./jail/report.ts";
import { closeInherited } from "./jail/descriptors.ts";
import { ownIds } from "./jail/id_mapping.ts";
import { resolveMapping } from "./jail/map_root.ts";
import { giveBackMemory } from "./deno_runtime/memory.ts";
import { awaitQuiet } from "./deno_runtime/quiet.ts";
import { installSeccomp } from "./jail/seccomp/install.ts";
import { surviveUncaught } from "./process/last_words.ts";
import {
  closeSource,
  connectionFrom,
  describeSource,
  prepareSource,
} from "./listen/source.ts";
import type { Log } from "./log/log.ts";
import { proveMetricsDirectory } from "./metrics/directory.ts";
import { Metrics } from "./metrics/metrics.ts";
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
import { StartError } from "./errors.ts";
import type { JailOptions } from "./jail/options.ts";
import { type JailPlan, type JailTools, jailTools } from "./jail/plan.ts";
import { formatProperty, type Property } from "./jail/property.ts";
import { announceSandbox, announceServing, announceStart } from "./announce.ts";

/** What to serve, and how: in words that all front ends have. */
export interface ServeOrder extends Omit<ServeCommand, "kind" | "logLevel"> {
  /** Whether the log goes to syslog, in the foreground, too. */
  readonly syslog?: boolean;
  /** Whether another client is waited for when one has gone. */
  readonly reconnect?: boolean;
  /** What the log is to tell of the order, as warnings. */
  readonly notes?: readonly string[];
}

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
  order: ServeOrder,
  log: Log,
): Promise<number> {
  const { program } = frontEnd;
  const bound = frontEnd.bind();
  const { libc } = bound;
  // It asks for figures; until somebody answers it must not end the process, nor the one in the background.
  processCalls(libc).ignoreSignal(SIGUSR2);
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
  const files = fileLockCalls(libc);
  const locks = closeInherited(
    { proc, sockets, files },
    neededDescriptors(order.source, mode, passed),
  );
  if (mode.kind === "starter") return startInBackground(spawn, proc, log);

  // The log, and whether there can be a jail.
  const tools = jailTools(libc, proc, log);
  const stderr = background?.stderrFd ?? STDERR;
  nameProcess(tools.process, proc, program, Deno.args);
  // The journal has the time of a line, and whose it is.
  const toJournal =
    proc.readLink(`fd/${stderr}`) === `socket:[${environment.journalInode}]`;
  log.sink = streamSink(
    program,
    order.logFormat,
    textStream(libc, stderr),
    toJournal ? "priority" : "program",
  );
  surviveUncaught(log);
  const { name, path } = exportName(proc, order.path);
  checkRights(tools, name, program);

  // What is on the host, or asks it.
  const processState = new ProcessState({
    libc,
    spawn,
    log,
    mode,
    program,
    syslog: order.syslog === true,
    notifySocket: environment.notifySocket,
  });
  for (const note of order.notes ?? []) log.warning(note);
  using waiter = new Waiter(libc);
  const { dieWithParent } = order;
  const stop = stopOnDemand({ spawn, waiter, log, dieWithParent });
  const options = order.metrics;
  const metrics = new Metrics({
    ...{ frontEnd, libc, tools, waiter, options, path, name },
  });
  // In the jail the runtime would count processors by files of the export.
  const pollMax = pollLimit(order.pollMaxUs);
  // Lines of the log have a time once the helper serves.
  const timed = mode.kind === "foreground" && !processState.logsToSyslog &&
    !toJournal;
  const listeners = listenerCalls(libc);
  const source = prepareSource(
    { libc, sockets, listeners, files, pid: spawn.pid(), ...tools },
    order.source,
    passed,
  );
  const reconnects = order.reconnect === true;
  if (reconnects && source.kind === "connection") {
    throw new StartError(
      `Cannot use --reconnect with ${
        describeSource(order.source)
      }: it is a connection, after which there is no other; give a socket that listens`,
    );
  }
  const { readOnly } = order.jail;
  const announced = { program, name, readOnly };
  let plan: JailPlan;
  let maxFiles: number;
  let pidFile: PidFile | undefined;
  try {
    pidFile = claimPidFile(
      { files, mounts: tools.mounts, listeners },
      order.pidFile,
      spawn.pid(),
    );

    // The jail.
    const jailed = jailProcess(libc, tools, {
      path,
      jail: order.jail,
      frontEnd,
      pid: spawn.pid(),
      held: heldDescriptors(
        mode,
        source,
        pidFile,
        metrics.directory,
        locks,
      ),
      metrics,
      listen: source.kind === "listener"
        ? () => listeners.listen(source.fd)
        : undefined,
    });
    plan = jailed.plan;
    maxFiles = jailed.maxFiles;
    processState.warn();
    if (timed) {
      const stream = textStream(libc, STDERR);
      log.sink = streamSink(
        program,
        order.logFormat,
        stream,
        "time and program",
      );
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
    metrics.begin(jailed.sandbox);
    processState.ready();
    pidFile?.keep();
  } catch (error) {
    metrics.abandon();
    pidFile?.abandon();
    if (source.kind === "listener") source.abandon();
    if (!(error instanceof SystemError)) throw error;
    throw new StartError(`Cannot share ${name}: ${error.message}`);
  }

  // Waiting and serving.
  plan.mountWatch?.start(waiter);
  giveBackMemory(libc, waiter);
  const waiting = { listeners, waiter, stop, log };
  let ending: Ending;
  let fd: number | undefined;
  do {
    fd = await connectionFrom(
      source,
      waiting,
      reconnects ? "keep" : "close",
    );
    if (fd !== undefined && source.kind === "listener") {
      announceServing(log, announced);
    }
    ending = fd === undefined ? "stopped" : await bound.serve(fd, {
      mounts: tools.mounts,
      identity: createIdentity(
        tools.credentials,
        plan.capabilities,
        ownIds(plan.mapped?.mapping),
      ),
      waiter,
      stop,
      log,
      figures: metrics.figures,
      readOnly,
      devices: order.devices,
      devicesBarred: plan.privateMount,
      mappedIds: order.jail.ids !== undefined,
      pollMax,
      root: plan.root,
      maxFiles,
    });
    // Who breaks the protocol has harmed this connection alone.
  } while (reconnects && (ending === "closed" || ending === "violation"));
  if (reconnects && fd !== undefined) closeSource(source, listeners);
  metrics.end();
  return ending === "closed" || ending === "stopped" ? 0 : 1;
}

/** What {@linkcode jailProcess} is told. */
interface JailOrder {
  readonly path: string;
  readonly jail: JailOptions;
  readonly frontEnd: Pick<FrontEnd, "rules" | "jail">;
  readonly pid: number;
  readonly held: readonly KnownDescriptor[];
  readonly metrics: Pick<Metrics, "directory" | "rules">;
  /** Lets others connect, where a connection is to be accepted. */
  readonly listen: (() => void) | undefined;
}

/** Quiets the runtime, enters the jail, proves it and filters system calls; returns what holds then. */
function jailProcess(
  libc: Libc<SharedSymbols>,
  tools: JailTools,
  { path, jail, frontEnd, pid, held, metrics, listen }: JailOrder,
): {
  readonly plan: JailPlan;
  readonly sandbox: readonly Property[];
  readonly maxFiles: number;
} {
  const { proc } = tools;
  const mapping = jail.ids && resolveMapping(libc, jail.ids);
  avoidRuntimeFiles();
  awaitQuiet(tools);
  const files = openFileCalls(libc);
  const mappings = parseMappings(proc.readText("maps"));
  dropDatabases(proc, files, mappings);
  const plan = enterJail(tools, path, jail, mapping, frontEnd.jail);
  proveMetricsDirectory(tools, metrics.directory);
  const maxFiles = Number(tools.limits.get(RLIMIT_NOFILE).soft);
  const { fewestFiles } = frontEnd.jail;
  if (maxFiles < fewestFiles) {
    throw new StartError(
      `Cannot serve with a limit of ${maxFiles} open files: raise it to ${fewestFiles} at least (ulimit -n)`,
    );
  }
  const sandbox = describeJail(tools, plan, held);
  unloadCode(proc, files, mappings);
  listen?.();
  const listens = listen !== undefined;
  const rules = [...frontEnd.rules, ...metrics.rules];
  const threads = installSeccomp(tools, jail.seccomp, rules, { pid, listens });
  sandbox.push(...describeFilter(threads, jail.seccomp));
  // /proc is another way out of the jail.
  proc.close();
  return { plan, sandbox, maxFiles };
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
