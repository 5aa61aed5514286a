/**
 * Write lines of the log: to stderr, another stream, or syslog.
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

const utf8 = new TextEncoder();

/** Writes to stderr. It may be closed, when the caller has ended; that is no error. */
export function stderrSink(program: string, format: LogFormat): LogSink {
  return streamSink(program, format, (text) => {
    try {
      Deno.stderr.writeSync(utf8.encode(text));
    } catch {
      // Nobody can read it.
    }
    return true;
  });
}

/**
 * What a line begins with: `priority` is that of sd-daemon(3), for the journal, which
 * knows the time and the program. A line of JSON has nothing else before it.
 */
export type LineHead = "program" | "time and program" | "priority";

/**
 * Passes lines of `program`, with their newline, to `write`. It returns false if it has no
 * room for a line; how many lines were lost is logged when it has room again.
 * Lines of JSON contain the time; lines of text begin with it if `head` says so.
 */
export function streamSink(
  program: string,
  format: LogFormat,
  write: (text: string) => boolean,
  head: LineHead = "program",
): LogSink {
  let dropped = 0;
  const begin = (level: LogLevel): string => {
    const json = format === "json";
    if (head === "priority") {
      return `<${SEVERITY[level]}>${json ? "" : `${level}: `}`;
    }
    if (json) return "";
    // In UTC: local time would need the files of the time zone.
    const time = head === "program" ? "" : `${new Date().toISOString()} `;
    return `${time}${program}: ${level}: `;
  };
  const put = (level: LogLevel, line: string): boolean =>
    write(`${begin(level)}${line}\n`);
  const reportLost = () =>
    put(
      "warning",
      formatLine(
        format,
        "warning",
        `Nobody read the log: ${dropped} messages are lost`,
      ),
    );
  return (level, line) => {
    if (dropped > 0 && reportLost()) dropped = 0;
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
/** LOG_DAEMON of syslog(3), to be combined with a severity. */
const FACILITY = 3 << 3;

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * Sends each line to syslog, as a datagram like those of syslog(3).
 *
 * libc's syslog(3) is not used: it blocks while the daemon does not read, and
 * after an error opens /dev/log again, which in the jail is a file of the
 * guest's.
 *
 * @param datagrams connected to /dev/log
 */
export function syslogSink(
  program: string,
  datagrams: Datagrams,
  pid: number,
): LogSink {
  return (level, line) => {
    const priority = FACILITY | SEVERITY[level];
    datagrams.send(
      utf8.encode(
        `<${priority}>${timestamp(new Date())} ${program}[${pid}]: ${line}`,
      ),
    );
  };
}

/** Local time, as RFC 3164 wants it: `Nov  2 08:04:01`. */
function timestamp(now: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${MONTHS[now.getMonth()]} ${String(now.getDate()).padStart(2)} ` +
    `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}
