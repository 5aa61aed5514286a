/**
 * Where lines go: stderr, or syslog.
 *
 * @module
 */
import type { Datagrams } from "../../ffi/datagram.ts";
import {
  formatLine,
  type LogFormat,
  type LogLevel,
  type LogSink,
} from "./log.ts";

const IDENTITY = "virtfs-proxy-helper";
const utf8 = new TextEncoder();

/** Writes to stderr, which may be closed: whoever started us has gone, we serve on. */
export function stderrSink(format: LogFormat): LogSink {
  return streamSink(format, (text) => {
    try {
      Deno.stderr.writeSync(utf8.encode(text));
    } catch {
      // There is nobody left to tell.
    }
    return true;
  });
}

/**
 * Hands whole lines, with their end, to `write`, which returns false where it
 * has no room for one: their number is told when it has room again. Lines of
 * text may begin with the time; those of JSON have it in them.
 */
export function streamSink(
  format: LogFormat,
  write: (text: string) => boolean,
  times: "with times" | "without times" = "without times",
): LogSink {
  let dropped = 0;
  // In UTC: that takes no file of the time zone's.
  const time = () =>
    times === "with times" ? `${new Date().toISOString()} ` : "";
  const put: (level: LogLevel, line: string) => boolean = format === "json"
    ? (_, line) => write(`${line}\n`)
    : (level, line) => write(`${time()}${IDENTITY}: ${level}: ${line}\n`);
  const tell = () =>
    put(
      "warning",
      formatLine(
        format,
        "warning",
        `Nobody read the log: ${dropped} messages are lost`,
      ),
    );
  return (level, line) => {
    if (dropped > 0 && tell()) dropped = 0;
    if (!put(level, line)) dropped++;
  };
}

/** Severities of syslog(3). */
const SEVERITY: Readonly<Record<LogLevel, number>> = {
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
};
/** LOG_DAEMON, where it stands in a priority. */
const FACILITY = 3 << 3;

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * Sends each line to syslog as a datagram of the form that syslog(3) sends.
 *
 * Not libc's syslog(3): it waits for a daemon that does not read, and after a
 * failure looks for /dev/log again, which inside the jail is a name of the
 * guest's.
 *
 * @param datagrams connected to /dev/log
 */
export function syslogSink(datagrams: Datagrams, pid: number): LogSink {
  return (level, line) => {
    const priority = FACILITY | SEVERITY[level];
    datagrams.send(
      utf8.encode(
        `<${priority}>${timestamp(new Date())} ${IDENTITY}[${pid}]: ${line}`,
      ),
    );
  };
}

/** Local time as in RFC 3164: `Nov  2 08:04:01`. */
function timestamp(now: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${MONTHS[now.getMonth()]} ${String(now.getDate()).padStart(2)} ` +
    `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}
