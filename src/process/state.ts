/**
 * Tells the caller and the service manager when the helper serves, and keeps the
 * log going where the caller does not wait for that.
 *
 * @module
 */
import { Datagrams } from "../../ffi/datagram.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { SpawnCalls } from "../../ffi/spawn.ts";
import type { DESCRIPTOR_SYMBOLS } from "../../ffi/symbols/descriptors.ts";
import type { SOCKET_SYMBOLS } from "../../ffi/symbols/sockets.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Log, LogSink } from "../log/log.ts";
import { syslogSink } from "../log/sinks.ts";
import { reportReady } from "./background.ts";
import type { Mode } from "./mode.ts";

const SYSLOG = "/dev/log";

interface Parts {
  /** The name of the program. */
  readonly program: string;
  readonly libc: Libc<typeof DESCRIPTOR_SYMBOLS & typeof SOCKET_SYMBOLS>;
  readonly spawn: SpawnCalls;
  readonly log: Log;
  readonly mode: Mode;
  /** Whether the log goes to syslog in the foreground, too. */
  readonly syslog: boolean;
  /** sd_notify(3). */
  readonly notifySocket: string | undefined;
}

/** To be made before the jail is entered, as it opens sockets of the host by name. */
export class ProcessState {
  /** Whether the log has left stderr. */
  readonly logsToSyslog: boolean = false;
  readonly #parts: Parts;
  readonly #manager: Datagrams | undefined;
  /** Where the log goes in the background, once the caller has gone. */
  readonly #laterSink: LogSink | undefined;
  /** Said later, as whoever hears why the start failed needs none of it. */
  readonly #warnings: string[] = [];

  constructor(parts: Parts) {
    const { program, spawn, log, mode } = parts;
    this.#parts = parts;
    this.#manager = this.#connect(
      parts.notifySocket,
      "tell the service manager",
    );
    if (mode.kind !== "background") {
      if (!parts.syslog) return;
      const syslog = this.#connect(SYSLOG, "log to syslog");
      if (syslog === undefined) return;
      log.sink = syslogSink(program, syslog, spawn.pid());
      this.logsToSyslog = true;
      return;
    }
    spawn.keepFromChildren(mode.readyFd);
    spawn.keepFromChildren(mode.stderrFd);
    const syslog = this.#connect(
      SYSLOG,
      "log in the background",
      "; start a syslog daemon, or stay in the foreground with -n",
    );
    this.#laterSink = syslog === undefined
      ? () => {}
      : syslogSink(program, syslog, spawn.pid());
    // Until the caller has gone it hears what it should care about, too.
    const { sink } = log, later = this.#laterSink;
    log.sink = (level, line) => {
      if (level === "error" || level === "warning") sink(level, line);
      later(level, line);
    };
  }

  /** Logs what could not be reached; to be called where the start has succeeded but for that. */
  warn(): void {
    for (const warning of this.#warnings) this.#parts.log.warning(warning);
  }

  /** The helper serves, or listens. */
  ready(): void {
    const { spawn, log, mode } = this.#parts;
    if (mode.kind === "background") {
      log.sink = this.#laterSink!;
      reportReady(spawn, mode);
    }
    this.#tellManager();
  }

  /**
   * sd_notify(3), where there is a service manager. The socket is closed before
   * anything is served: systemd takes `MAINPID=` of root for any process, and code
   * that runs in the helper could have it kill one outside of the jail. That the
   * helper ends the manager sees by itself.
   */
  #tellManager(): void {
    this.#manager?.send(new TextEncoder().encode("READY=1\n"));
    this.#manager?.[Symbol.dispose]();
  }

  #connect(
    address: string | undefined,
    purpose: string,
    advice = "",
  ): Datagrams | undefined {
    if (address === undefined) return undefined;
    try {
      return new Datagrams(this.#parts.libc, address);
    } catch (error) {
      if (!(error instanceof SystemError || error instanceof RangeError)) {
        throw error;
      }
      this.#warnings.push(`Cannot ${purpose}: ${error.message}${advice}`);
      return undefined;
    }
  }
}
