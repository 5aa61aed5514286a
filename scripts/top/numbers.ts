/**
 * Figures as a person reads them, short and of much the same width.
 *
 * @module
 */

/** Shown where a figure is not known. */
export const UNKNOWN = "–";

/** `120 MB/s`. */
export function perSecond(text: string): string {
  return text === UNKNOWN ? text : `${text}/s`;
}

/** `0.3`, `12`, `1,234`, `123k`, `12.3M`. */
export function count(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (value > 0 && value < 0.05) return "<0.1";
  if (value < 9.95 && !Number.isInteger(value)) return value.toFixed(1);
  return value < 99_999.5
    ? grouped(Math.round(value))
    : scaled(value, ["k", "M", "G", "T", "P", "E"]);
}

/** `0 B`, `12 kB`, `1.2 MB`: powers of 1000, as disks and networks have it. */
export function bytes(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value < 999.5
    ? `${Math.round(value)} B`
    : scaled(value, [" kB", " MB", " GB", " TB", " PB", " EB"]);
}

/** `850 ns`, `4.4 µs`, `12 ms`, `2.5 s`. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return UNKNOWN;
  const nanoseconds = seconds * 1e9;
  if (nanoseconds < 999.5) return `${Math.round(nanoseconds)} ns`;
  return nanoseconds < 999.5e9
    ? scaled(nanoseconds, [" µs", " ms", " s"])
    : span(seconds);
}

/** `40 %`. */
export function percent(part: number | undefined): string {
  if (part === undefined) return UNKNOWN;
  return part > 0 && part < 0.005 ? "<1 %" : `${Math.round(part * 100)} %`;
}

/** `12 s`, `5 min`, `3 h 20 min`, `4 d 2 h`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60), hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return two(grouped(days), "d", hours % 24, "h");
  if (hours > 0) return two(String(hours), "h", minutes % 60, "min");
  return minutes > 0 ? `${minutes} min` : `${whole} s`;
}

function two(first: string, unit: string, second: number, small: string) {
  return second > 0
    ? `${first} ${unit} ${second} ${small}`
    : `${first} ${unit}`;
}

/** Of two or three digits, in the first unit in which it is below 1000. */
function scaled(value: number, units: readonly string[]): string {
  let index = 0;
  value /= 1000;
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1000;
    index++;
  }
  return (value < 9.95 ? value.toFixed(1) : grouped(Math.round(value))) +
    units[index];
}

/** `1,234,567`; beyond what fits, as a power of ten. */
function grouped(whole: number): string {
  return whole < 1e9
    ? String(whole).replaceAll(/\B(?=(?:\d{3})+$)/g, ",")
    : whole.toExponential(1);
}
