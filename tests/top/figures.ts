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

/** {@linkcode SAMPLE} of another share, or with other lines: what stands for the name of the share is replaced first. */
export function sample({ share = SHARE, factor = 1, ...more }: {
  readonly share?: string;
  /** What all counts are multiplied with. */
  readonly factor?: number;
  /** When it began, in seconds since 1970. */
  readonly start?: number;
  /** Lines behind it. */
  readonly lines?: string;
} = {}): string {
  return SAMPLE.replaceAll(
    /^(virtfs_\w+(?:_total|_sum|_count|_bucket)\{.*\}) (\S+)$/gm,
    (_, series, value) => `${series} ${Number(value) * factor}`,
  ).replace(
    /^(virtfs_start_time_seconds\{.*\}) .*$/m,
    (all, series) => more.start === undefined ? all : `${series} ${more.start}`,
  ).concat(more.lines ?? "").replaceAll(
    `share="${SHARE}"`,
    () => `share="${escape(share)}"`,
  );
}

/** A sample of the same helper. */
export function line(name: string, value: number): string {
  return `${name}{program="virtfs-vhost-helper",share="${SHARE}"} ${value}\n`;
}
