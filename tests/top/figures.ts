/**
 * Files of figures for tests.
 *
 * @module
 */
import type { Sample } from "../../scripts/top/prometheus.ts";

/** What a helper writes, with the names that are agreed on. */
export const SAMPLE = Deno.readTextFileSync(
  new URL("../metrics/sample.prom", import.meta.url),
);

/** The share that {@linkcode SAMPLE} is of. */
export const SHARE = "/srv/share";

/** Samples as Prometheus' text format has them. */
export function format(samples: readonly Sample[]): string {
  return samples.map(({ name, labels, value }) => {
    const pairs = [...labels].map(([label, text]) =>
      `${label}="${escape(text)}"`
    );
    const number = value === Infinity
      ? "+Inf"
      : value === -Infinity
      ? "-Inf"
      : String(value);
    return `${name}${
      pairs.length > 0 ? `{${pairs.join(",")}}` : ""
    } ${number}\n`;
  }).join("");
}

/** For between quotes. */
export function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

/** {@linkcode SAMPLE} with changes. */
export function sample({ share = SHARE, factor = 1, start, lines = "" }: {
  readonly share?: string;
  /** What all counts are multiplied with. */
  readonly factor?: number;
  /** When it began, in seconds since 1970. */
  readonly start?: number;
  /** Lines of {@linkcode line}, in the place of those of the same name. */
  readonly lines?: string;
} = {}): string {
  const own = start === undefined
    ? lines
    : lines + line("virtfs_start_time_seconds", start);
  const names = [...own.matchAll(/^\w+/gm)].map(([name]) => name);
  return SAMPLE.replaceAll(
    /^(virtfs_\w+(?:_total|_sum|_count|_bucket)\{.*\}) (\S+)$/gm,
    (_, series, value) => `${series} ${Number(value) * factor}`,
  ).replaceAll(
    /^(\w+)\{.*\n/gm,
    (all, name) => names.includes(name) ? "" : all,
  ).concat(own).replaceAll(
    `share="${SHARE}"`,
    () => `share="${escape(share)}"`,
  );
}

/** A sample of the same helper. */
export function line(name: string, value: number): string {
  return `${name}{program="virtfs-vhost-helper",share="${SHARE}"} ${value}\n`;
}
