/**
 * What the helper says. Where it goes is a sink's business.
 *
 * @module
 */
import { oneLine } from "./quote.ts";

/** From the gravest to the chattiest. */
export const LOG_LEVELS = ["error", "warning", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How a line looks. */
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The longest line: every syslog daemon takes that much whole. */
const MAX_LINE = 8000;
/** What is left of a message that makes a longer one: so much fits even where each character is escaped. */
const MAX_CUT = 1300;

/**
 * What a message is about, by name: what JSON has besides the message. A field
 * `message` takes the place of one whose content is in the other fields.
 */
export type LogFields = Readonly<
  Record<
    string,
    | string
    | number
    | boolean
    | readonly string[]
    | Readonly<Record<string, string>>
  >
>;

/** Takes one line, without its end; must not throw and must not wait. */
export type LogSink = (level: LogLevel, line: string) => void;

/** A message as one line, without its end. */
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
  // Cut before it is escaped, so that it can still be parsed.
  const cut = `${message.slice(0, MAX_CUT)}...`;
  const withFields = oneLine(
    JSON.stringify({ time, level, message: cut, ...fields }),
  );
  return withFields.length <= MAX_LINE
    ? withFields
    : oneLine(JSON.stringify({ time, level, message: cut }));
}

/** Passes on what is at its level or graver. */
export class Log {
  /** Whether debug messages pass: for those who would have to make them first. */
  verbose: boolean;
  /** Where lines go; changed when the process goes to the background. */
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

  #write(level: LogLevel, message: string, fields?: LogFields): void {
    const passes = this.verbose || level !== "debug" &&
        LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.#level);
    if (!passes) return;
    try {
      this.sink(level, formatLine(this.#format, level, message, fields));
    } catch {
      // Whoever reports something goes on, though nobody can be told.
    }
  }
}
