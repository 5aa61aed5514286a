/**
 * The options of figures, which both programs have.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { MetricsOptions } from "../metrics/metrics.ts";

const DEFAULT_INTERVAL = 5;
const LONGEST_INTERVAL = 3600;

/** The rows of both option tables. */
export const METRICS_OPTIONS = {
  "metrics-file": {
    value: "FILE",
    completes: "file",
    help: "write figures to FILE, for Prometheus",
  },
  "metrics-interval": {
    value: "N",
    help:
      `every N seconds, if something has changed (default: ${DEFAULT_INTERVAL})`,
  },
  stats: { help: "log figures at the end, as on SIGUSR2" },
} as const;

/** @throws {UsageError} */
export function metricsOptions(
  values: {
    readonly "metrics-file"?: string | undefined;
    readonly "metrics-interval"?: string | undefined;
    readonly stats?: boolean | undefined;
  },
): MetricsOptions {
  const { "metrics-interval": interval } = values;
  // Empty, it takes back what stands before it, as the one of systemd's units.
  const file = values["metrics-file"] || undefined;
  if (interval !== undefined && file === undefined) {
    throw new UsageError(
      "Cannot use --metrics-interval without --metrics-file: there is nothing to write",
    );
  }
  return {
    metricsFile: file,
    metricsInterval: interval === undefined
      ? DEFAULT_INTERVAL
      : seconds(interval),
    stats: values.stats === true,
  };
}

function seconds(text: string): number {
  const count = Number(text);
  if (/^\d{1,4}$/.test(text) && count >= 1 && count <= LONGEST_INTERVAL) {
    return count;
  }
  throw new UsageError(
    `Cannot use --metrics-interval ${text}: not a number from 1 to ${LONGEST_INTERVAL}`,
  );
}
