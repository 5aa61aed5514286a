/**
 * Figures as Prometheus reads them, its text format 0.0.4.
 *
 * @module
 */
import { errnoName, isNamed } from "../../ffi/errno.ts";
import { histogram, HISTOGRAM_ENDS, quantile } from "./durations.ts";
import type { Facts } from "./facts.ts";
import type { Figures } from "./figures.ts";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number, suffix?: string];

const NS = 1e9;
/** Quantiles that are told of each request; the last is the longest. */
const QUANTILES = [0.5, 0.99, 1] as const;

/**
 * Each metric with a line of help, its type and its samples. Labels are names
 * of this program's, but for the path of the share: what a guest sends becomes
 * none.
 *
 * @param waiting how long no request was carried out, in ms
 * @param serving false at the end
 */
export function prometheusText(
  figures: Figures,
  facts: Facts,
  waiting: number,
  serving: boolean,
): string {
  const common = labelText({ program: facts.program, share: facts.share });
  let text = "";
  const metric = (
    name: string,
    type: "counter" | "gauge" | "histogram" | "summary",
    help: string,
    samples: readonly Sample[],
  ): void => {
    if (samples.length === 0) return;
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [labels, value, suffix = ""] of samples) {
      const own = labelText(labels);
      text += `${name}${suffix}{${common}${own && `,${own}`}} ${value}\n`;
    }
  };
  const single = (value: number): Sample[] => [[{}, value]];
  const rows = figures.names.flatMap((name, row) =>
    name === "" ? [] : [[name, row] as const]
  );
  const counted = rows.filter(([, row]) => figures.counts[row]! > 0);

  metric("virtfs_info", "gauge", "The version of the helper.", [
    [{ version: facts.version }, 1],
  ]);
  metric(
    "virtfs_start_time_seconds",
    "gauge",
    "When the helper began to serve, in seconds since 1970.",
    single(facts.started / 1000),
  );
  metric(
    "virtfs_serving",
    "gauge",
    "1 until the helper ends; 0 if it has ended in an orderly way.",
    single(serving ? 1 : 0),
  );
  metric(
    "virtfs_metrics_interval_seconds",
    "gauge",
    "How often this is written, if something has changed.",
    single(facts.interval),
  );
  metric(
    "virtfs_requests_total",
    "counter",
    "Requests of the guest that were answered.",
    rows.map(([request, row]) => [{ request }, figures.counts[row]!]),
  );
  metric(
    "virtfs_request_errors_total",
    "counter",
    "Requests of the guest that were answered with an errno.",
    counted.flatMap(([request, row]) =>
      [...errorsByName(figures, row)].map(([errno, count]): Sample => [
        { request, errno },
        count,
      ])
    ),
  );
  metric(
    "virtfs_request_duration_seconds",
    "summary",
    "How long it took to carry out a request, since the start; quantile 1 is the longest.",
    counted.flatMap(([request, row]): Sample[] => [
      ...QUANTILES.map((part): Sample => [
        { request, quantile: String(part) },
        durationOf(figures, row, part) / NS,
      ]),
      [{ request }, figures.sums[row]! / NS, "_sum"],
      [{ request }, figures.counts[row]!, "_count"],
    ]),
  );
  metric(
    "virtfs_duration_seconds",
    "histogram",
    "How long it took to carry out a request of any kind.",
    [
      ...histogram(counted.map(([, row]) => figures.durationsOf(row)))
        .map((count, at): Sample => [
          { le: String(HISTOGRAM_ENDS[at]! / NS) },
          count,
          "_bucket",
        ]),
      [{ le: "+Inf" }, figures.timed, "_bucket"],
      [{}, figures.busy / NS, "_sum"],
      [{}, figures.timed, "_count"],
    ],
  );
  if (facts.carriesData) {
    metric(
      "virtfs_read_bytes_total",
      "counter",
      "Bytes of files that the guest was given.",
      single(figures.read),
    );
    metric(
      "virtfs_written_bytes_total",
      "counter",
      "Bytes of the guest that were written to files.",
      single(figures.written),
    );
  }
  const held = figures.held?.();
  if (held !== undefined) {
    metric(
      "virtfs_open_descriptors",
      "gauge",
      "Descriptors that are held for the guest: of what it knows, and of what it has open.",
      single(held.descriptors),
    );
    metric(
      "virtfs_inodes",
      "gauge",
      "Files and directories that the guest has looked up and not forgotten.",
      single(held.inodes),
    );
  }
  metric(
    "virtfs_polling_seconds_total",
    "counter",
    "Time in which requests were busy-waited for.",
    single(figures.polled / NS),
  );
  metric(
    "virtfs_waiting_seconds_total",
    "counter",
    "Time in which no request was carried out, since the start.",
    single(waiting / 1000),
  );
  metric(
    "virtfs_jail",
    "gauge",
    "Whether a property of the jail is as strong as it can be; --print-sandbox tells more.",
    facts.sandbox.map(({ name, weak }) => [{ property: name }, weak ? 0 : 1]),
  );
  return text;
}

/** How long requests of this number took, in ns. */
export function durationOf(
  figures: Figures,
  row: number,
  part: number,
): number {
  const longest = figures.longest[row]!;
  return part === 1
    ? longest
    : quantile(figures.durationsOf(row), part, longest);
}

/** How often requests of this number have failed, by the name of the errno; one that has none is among the others. */
export function errorsByName(
  figures: Figures,
  row: number,
): ReadonlyMap<string, number> {
  const errors = new Map<string, number>();
  figures.errorsOf(row).forEach((count, errno) => {
    if (count === 0) return;
    const name = isNamed(errno) ? errnoName(errno) : "other";
    errors.set(name, (errors.get(name) ?? 0) + count);
  });
  return errors;
}

function labelText(labels: Labels): string {
  return Object.entries(labels).map(([name, value]) =>
    `${name}="${
      value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
        .replaceAll("\n", "\\n")
    }"`
  ).join(",");
}
