/**
 * A `/dev/log` that the test reads, in a mount namespace of the helper's own.
 *
 * @module
 */
import { Mailbox } from "./datagrams.ts";
import {
  type HelperOptions,
  type RunningHelper,
  startHelper,
} from "./helpers.ts";
import { shell } from "./processes.ts";
import { type ExportWorkspace, exportWorkspace } from "./workspace.ts";

/** A `/dev` that has nothing but `null` and, where {@linkcode listen} was called, `log`. */
export class DeviceDirectory {
  readonly #path: string;

  /** @param base a directory of the test's */
  constructor(base: string) {
    this.#path = `${base}/dev`;
    Deno.mkdirSync(this.#path);
    Deno.writeTextFileSync(`${this.#path}/null`, "");
  }

  /** Put before a command, runs it with this as `/dev`. */
  get wrapper(): string[] {
    return [
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-c",
      'mount --bind /dev/null "$0/null" && mount --rbind "$0" /dev && exec "$@"',
      this.#path,
    ];
  }

  /** Listens at `/dev/log`. */
  listen(): Mailbox {
    return new Mailbox(`${this.#path}/log`);
  }
}

/** A place with a `/dev` of its own, and what comes to its `log`. */
export interface SyslogWorkspace extends ExportWorkspace {
  readonly log: Mailbox;
  /** Starts a helper there, in the background. */
  start(options?: HelperOptions): Promise<RunningHelper>;
}

/** A new place whose `/dev/log` is listened at. */
export function syslogWorkspace(): SyslogWorkspace {
  const place = exportWorkspace();
  const dev = new DeviceDirectory(place.path);
  const log = dev.listen(), { wrapper } = dev;
  return {
    ...place,
    log,
    start: (options) =>
      startHelper({ place, background: true, wrapper, ...options }),
    [Symbol.dispose]() {
      log.close();
      place[Symbol.dispose]();
    },
  };
}

/** What syslog(3) would have sent, taken apart. */
export interface Entry {
  readonly facility: number;
  readonly severity: number;
  readonly time: string;
  readonly identity: string;
  readonly pid: number;
  readonly message: string;
}

const FORM =
  /^<(\d+)>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) ([^\s[:]+)\[(\d+)\]: (.*)$/s;

/** Takes a datagram apart. */
export function parseEntry(text: string): Entry {
  const found = FORM.exec(text);
  if (found === null) throw new Error(`Not what syslog(3) sends: ${text}`);
  const [, priority, time = "", identity = "", pid, message = ""] = found;
  return {
    facility: Number(priority) >> 3,
    severity: Number(priority) & 7,
    time,
    identity,
    pid: Number(pid),
    message,
  };
}

/** Room for a clock that is set meanwhile, in seconds. */
const SLACK = 60;

/** Every second from `begun`, in milliseconds, to now, as syslog writes it; by date(1) in an environment as env(1) makes it. */
export async function momentsSince(
  begun: number,
  environment: readonly string[],
): Promise<Set<string>> {
  const [from, to] = [begun, Date.now()].map((ms) => Math.floor(ms / 1000));
  const text = await shell(
    'seq -f @%.0f "$1" "$2" | env "$3" "$4" LC_ALL=C date -f - "+%b %e %T"',
    ...[String(from! - SLACK), String(to! + SLACK)],
    ...environment.length === 1 ? ["--", ...environment] : environment,
  );
  return new Set(text.split("\n"));
}
