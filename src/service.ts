/**
 * Serves one export: puts the parts together, in the order that is safe.
 *
 * @module
 */
import { credentialCalls } from "../ffi/credentials.ts";
import { type Libc, openLibc } from "../ffi/libc.ts";
import { limitCalls } from "../ffi/limits.ts";
import { listenerCalls } from "../ffi/listener.ts";
import { mountCalls } from "../ffi/mounts.ts";
import { openFileCalls, parseMappings } from "../ffi/open_files.ts";
import { ProcDirectory } from "../ffi/proc.ts";
import { processCalls } from "../ffi/process.ts";
import { seccompCalls } from "../ffi/seccomp.ts";
import { socketCalls } from "../ffi/socket.ts";
import { type SpawnCalls, spawnCalls } from "../ffi/spawn.ts";
import { SELDOM, SYMBOLS } from "../ffi/symbols.ts";
import { SystemError } from "../ffi/system_error.ts";
import { textStream } from "../ffi/text_stream.ts";
import { userNamespaceCalls } from "../ffi/user_namespace.ts";
import { Waiter } from "../ffi/waiter.ts";
import type { ServeCommand } from "./cli/arguments.ts";
import { serveConnection } from "./connection.ts";
import { startInBackground } from "./daemon/background.ts";
import { claimPidFile } from "./daemon/pid_file.ts";
import { Station } from "./daemon/station.ts";
import {
  type Environment,
  FIRST_PASSED,
  parseEnvironment,
  passedSockets,
} from "./environment.ts";
import {
  checkRights,
  enterJail,
  JailError,
  type JailPlan,
  type JailTools,
} from "./jail/jail.ts";
import {
  describeFilter,
  describeJail,
  formatProperty,
  type Property,
  summarizeProperty,
} from "./jail/report.ts";
import { closeInherited } from "./jail/descriptors.ts";
import { resolveMapping } from "./jail/map_root.ts";
import { awaitQuiet } from "./jail/quiet.ts";
import { installSeccomp } from "./jail/seccomp/install.ts";
import { endOnUncaught } from "./last_words.ts";
import { connectionFrom, prepareSource } from "./listen/source.ts";
import type { Log } from "./log/log.ts";
import { streamSink } from "./log/sinks.ts";
import { pollLimit } from "./loop/poll_window.ts";
import {
  dropDatabases,
  refuseCodeCache,
  refuseUpdateCheck,
  touchRuntime,
  unloadCode,
} from "./runtime.ts";
import { stopOnDemand } from "./stop.ts";

const STDOUT = 1;
const STDERR = 2;

/** Serves until the connection ends; returns the exit status. */
export async function serveExport(
  order: ServeCommand,
  log: Log,
): Promise<number> {
  const libc = openLibc(SYMBOLS, SELDOM);
  // From here on no other library can be bound, whatever happens.
  Deno.permissions.revokeSync({ name: "ffi" });
  using proc = openProc(libc);
  const environ = proc.readText("environ");
  refuseUpdateCheck(environ);
  refuseCodeCache(proc.readText("cmdline"));
  const environment = parseEnvironment(environ);
  const spawn = spawnCalls(libc);
  const { background } = environment;
  closeInherited(proc, socketCalls(libc), needed(order, environment));
  if (!order.foreground && background === undefined) {
    return startInBackground(spawn, proc, log);
  }
  const stderr = order.foreground ? STDERR : background!.stderrFd;
  log.sink = streamSink(order.logFormat, textStream(libc, stderr));
  endOnUncaught(log);
  return await serveHere(order, log, { libc, proc, spawn, environment });
}

/** The inherited descriptors that mean something. */
function needed(
  { source }: ServeCommand,
  { background, listenFds = 0 }: Environment,
): number[] {
  return [
    ...source.kind === "descriptor" ? [source.fd] : [],
    ...source.kind === "passed"
      ? Array.from({ length: listenFds }, (_, at) => FIRST_PASSED + at)
      : [],
    ...background === undefined
      ? []
      : [background.readyFd, background.stderrFd],
  ];
}

/** What is known of this process, and how. */
interface ProcessParts {
  readonly libc: Libc<typeof SYMBOLS>;
  readonly proc: ProcDirectory;
  readonly spawn: SpawnCalls;
  readonly environment: Environment;
}

async function serveHere(
  order: ServeCommand,
  log: Log,
  { libc, proc, spawn, environment }: ProcessParts,
): Promise<number> {
  const { path, jail } = order;
  const sockets = socketCalls(libc);
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
  checkRights(tools, path);
  const station = new Station({ libc, spawn, log, environment });
  using waiter = new Waiter(libc);
  const stop = stopOnDemand({
    libc,
    waiter,
    log,
    dieWithParent: order.dieWithParent,
  });
  // Asked for here: in the jail the runtime would ask the export.
  const pollMax = pollLimit(order.pollMaxUs);
  const passed = passedSockets(environment, spawn.pid());
  function tell(sandbox: readonly Property[]): void {
    // One message: syslog's socket may have room for ten until somebody reads.
    log.info(`Sandbox: ${sandbox.map(summarizeProperty).join("; ")}`);
    if (!order.printSandbox) return;
    const lines = sandbox.map(formatProperty);
    const fd = environment.background?.stderrFd ?? STDOUT;
    textStream(libc, fd)(lines.map((line) => `${line}\n`).join(""));
  }
  const source = prepareSource(
    { libc, sockets, listeners, credentials },
    order.source,
    passed,
  );
  let plan: JailPlan;
  try {
    claimPidFile(libc, order.pidFile, spawn.pid());
    const mapping = jail.ids && resolveMapping(libc, jail.ids);
    touchRuntime();
    awaitQuiet(tools);
    const files = openFileCalls(libc);
    const mappings = parseMappings(proc.readText("maps"));
    dropDatabases(proc, files, mappings);
    plan = enterJail(tools, path, jail, mapping);
    const sandbox = describeJail(tools, plan);
    unloadCode(proc, files, mappings);
    const listens = source.kind === "listener";
    if (listens) listeners.listen(source.fd);
    const threads = installSeccomp(
      { seccomp: seccompCalls(libc), proc },
      jail.seccomp,
      { pid: spawn.pid(), listens },
    );
    sandbox.push(...describeFilter(threads, jail.seccomp));
    // /proc is another way out of the jail.
    proc.close();
    log.info(`Serving ${path}${jail.readOnly ? ", read-only" : ""}`, {
      path,
      readOnly: jail.readOnly,
    });
    tell(sandbox);
    station.ready();
  } catch (error) {
    if (source.kind === "listener") source.removeName();
    throw error;
  }
  const { mountWatch } = plan;
  if (mountWatch) waiter.watchMounts(mountWatch.fd, () => mountWatch.look());
  const fd = await connectionFrom(source, { listeners, waiter, stop, log });
  const ending = fd === undefined ? "stopped" : await serveConnection(fd, {
    libc,
    sockets,
    tools,
    waiter,
    stop,
    log,
    devices: order.devices,
    devicesBarred: plan.privateMount,
    mappedIds: jail.ids !== undefined,
    pollMax,
    everyIdMapped: plan.everyIdMapped,
  });
  station.stopping();
  return ending === "closed" || ending === "stopped" ? 0 : 1;
}

function openProc(libc: Libc<typeof SYMBOLS>): ProcDirectory {
  try {
    return new ProcDirectory(libc, "self");
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new JailError(
      `Cannot start without /proc, from which the jail is proven (${error.message}); mount it`,
    );
  }
}
