/**
 * Metrics files as tests read them.
 *
 * @module
 */
import { equal } from "node:assert/strict";

/** The samples of a file by name and labels, as `virtfs_requests_total{request="LOOKUP"}`, without those that all have. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const at = line.lastIndexOf(" ");
    const name = line.slice(0, at)
      .replace(/\{program="[^"]*",share="(?:[^"\\]|\\.)*",?/, "{")
      .replace("{}", "");
    equal(samples.has(name), false, `${name} is there twice`);
    samples.set(name, Number(line.slice(at + 1)));
  }
  return samples;
}

/** The file, once it is as `until` wants it: it is written every second at most. */
export async function metricsOf(
  path: string,
  until: (samples: ReadonlyMap<string, number>) => boolean = () => true,
): Promise<ReadonlyMap<string, number>> {
  for (;;) {
    try {
      const samples = parseMetrics(Deno.readTextFileSync(path));
      if (until(samples)) return samples;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What promtool has to say of metrics: nothing, if all is well. */
export async function promtool(text: string): Promise<string> {
  const process = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return `${code === 0 ? "" : `exit status ${code}`}${said.join("")}`;
}

/** The object of the figures in what a helper has logged as text; the last one. */
export function loggedFigures(output: string) {
  const line = [...output.matchAll(/: info: Figures: (\{.*\})$/gm)].at(-1);
  return JSON.parse(line?.[1] ?? "null");
}
