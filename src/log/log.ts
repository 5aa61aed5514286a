/**
 * The log: levels and the form of a line. Sinks write the lines, see
 * {@linkcode ./sinks.ts}.
 *
 * @module
 */
import { oneLine } from "./quote.ts";

/** From the fewest messages to the most. */
export const LOG_LEVELS = ["error", "warning", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The longest line in characters: no syslog daemon cuts one of that length. */
const MAX_LINE = 8000;
/** How much is kept of a message that is too long for JSON: it fits even if each character is escaped. */
const MAX_CUT = 1300;

/**
 * What a line of JSON contains besides level and message. A field `message`
 * replaces the message, where its details are in other fields.
 */
type LogFields = Readonly<Record<string, unknown>>;

/** Writes a line, given without its newline; must not throw and must not block. */
export type LogSink = (level: LogLevel, line: string) => void;

/** A message as one line, without a newline. */
export function formatLine(
  format: LogFormat,
  level: LogLevel,
  message: string,
  fields?: LogFields,
): string {
  if (format === "text") {
    const line = oneLine(message);
    return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}...` : line;
  }
  const time = new Date().toISOString();
  const line = oneLine(JSON.stringify({ time, level, message, ...fields }));
  if (line.length <= MAX_LINE) return line;
  // The message is cut before it is escaped, so that the line stays valid JSON.
  const cut = `${message.slice(0, MAX_CUT)}...`;
  const withFields = oneLine(
    JSON.stringify({ time, level, message: cut, ...fields }),
  );
  return withFields.length <= MAX_LINE
    ? withFields
    : oneLine(JSON.stringify({ time, level, message: cut }));
}

/** Writes messages of its level, and of those before it, to its sink. */
export class Log {
  /** Whether debug messages are written: checked before an expensive one is made. */
  verbose: boolean;
  /** Replaced during the start, and when the process goes to the background. */
  sink: LogSink;

  readonly #level: LogLevel;
  readonly #format: LogFormat;

  constructor(level: LogLevel, format: LogFormat, sink: LogSink) {
    this.#level = level;
    this.#format = format;
    this.sink = sink;
    this.verbose = level === "debug";
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }
  warning(message: string, fields?: LogFields): void {
    this.#write("warning", message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }
  debug(message: string, fields?: LogFields): void {
    this.#write("debug", message, fields);
  }

  /** As {@linkcode info}, whatever the level: somebody has asked for it. */
  tell(message: string, fields?: LogFields): void {
    this.#put("info", message, fields);
  }

  #write(level: LogLevel, message: string, fields?: LogFields): void {
    const passes = this.verbose || level !== "debug" &&
        LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.#level);
    if (passes) this.#put(level, message, fields);
  }

  #put(level: LogLevel, message: string, fields?: LogFields): void {
    try {
      this.sink(level, formatLine(this.#format, level, message, fields));
    } catch {
      // Logging never ends what the caller does.
    }
  }
}
