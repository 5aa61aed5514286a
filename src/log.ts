/**
 * What the helper says, and where.
 *
 * @module
 */

/** From the gravest to the chattiest. */
export const LOG_LEVELS = ["error", "warning", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one line; must not throw. */
export type LogSink = (level: LogLevel, line: string) => void;

/** Passes on what is at its level or graver. */
export class Log {
  constructor(readonly level: LogLevel, readonly sink: LogSink) {}

  error(message: string): void {
    this.#write("error", message);
  }
  warning(message: string): void {
    this.#write("warning", message);
  }
  info(message: string): void {
    this.#write("info", message);
  }
  debug(message: string): void {
    this.#write("debug", message);
  }

  #write(level: LogLevel, message: string): void {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.level)) return;
    this.sink(level, oneLine(message));
  }
}

/** Control characters, C1 included, and what Unicode takes for the end of a line. */
const UNSAFE = /[\p{Cc}\u2028\u2029]/gu;

/** Escapes whatever could forge a second line or steer a terminal. */
export function oneLine(text: string): string {
  return text.replace(
    UNSAFE,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const utf8 = new TextEncoder();

/** Writes to stderr, which may be closed: whoever started us has gone, we serve on. */
export function stderrSink(level: LogLevel, line: string): void {
  try {
    Deno.stderr.writeSync(
      utf8.encode(`virtfs-proxy-helper: ${level}: ${line}\n`),
    );
  } catch {
    // There is nobody left to tell.
  }
}
