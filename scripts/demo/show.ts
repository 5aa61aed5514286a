/**
 * Makes the requests of the demo and shows them in a table, and shows the rights
 * of the helper that answers.
 *
 * @module
 */
import { capabilityNames } from "../../ffi/capabilities.ts";
import type { Libc } from "../../ffi/libc.ts";
import { ProcDirectory, type ThreadState } from "../../ffi/proc.ts";
import type { ProxySymbols } from "../../src/proxy/symbols.ts";
import { paint, say, WIDTH, wrap } from "../program/output.ts";
import { type Column, heading, row } from "../program/table.ts";
import { type Common, isRight, type Step } from "./step.ts";

/** The columns of a table whose first one has to hold `names`. */
function columns(names: readonly string[]): Column[] {
  const width = Math.max(...names.map(({ length }) => length));
  return [
    { title: "request", width },
    { title: "asked", width: 28 },
    { title: "answer", width: 34 - width },
    { title: "µs", width: 7, align: "right" },
    { title: "", width: 2 },
  ];
}

const RIGHTS_WIDTH = WIDTH - 36;
const THREAD_COLUMNS: readonly Column[] = [
  { title: "thread", width: 8, align: "right" },
  { title: "uid", width: 6, align: "right" },
  { title: "CapEff", width: 16 },
  { title: "", width: RIGHTS_WIDTH },
];

/** Says what the signs of the tables mean. */
export function explain(): void {
  say(
    `${paint("green", "✓")} as it should be   ` +
      `${paint("green", "✓✓")} as it should be, and on the host, too`,
  );
  say(
    `${paint("red", "✗")} wrong             ` +
      `${paint("red", "✓✗")} right, but not so on the host`,
  );
}

/** Makes all requests; returns how many went wrong. */
export function makeRequests<C extends Common>(
  steps: readonly Step<C, string>[],
  context: C,
): number {
  const table = columns(steps.map(({ request }) => request));
  say(heading(table));
  return steps.filter((step) => !makeRequest(table, step, context)).length;
}

function makeRequest<C extends Common>(
  table: readonly Column[],
  step: Step<C, string>,
  context: C,
): boolean {
  const { request, asked, run, host } = step;
  const before = performance.now();
  const answer = run(context);
  const microseconds = (performance.now() - before) * 1000;
  const right = isRight(step, context, answer);
  const seen = right && (host?.(context) ?? true);
  const verdict = !right
    ? paint("red", "✗")
    : !seen
    ? paint("red", "✓✗")
    : paint("green", host ? "✓✓" : "✓");
  const cells = [request, asked, answer, microseconds.toFixed(0)];
  say(`${row(table.slice(0, 4), cells)}  ${verdict}`);
  return seen;
}

/** What the host can see of the running helper's rights. */
export function showJail(libc: Libc<ProxySymbols>, pid: number): void {
  using proc = new ProcDirectory(libc, pid);
  say(`\nThe helper, process ${pid}, seen from outside:\n`);
  say(heading(THREAD_COLUMNS));
  for (const thread of proc.threads()) {
    const [first, ...more] = wrap(rights(thread), RIGHTS_WIDTH);
    say(row(THREAD_COLUMNS, [
      `${thread.tid}`,
      `${thread.uids[3]}`,
      thread.effective.toString(16).padStart(16, "0"),
      first!,
    ]));
    for (const line of more) say(row(THREAD_COLUMNS, ["", "", "", line]));
  }
}

function rights({ effective }: ThreadState): string {
  const known = capabilityNames(Number(effective & 0xffffffffn)).map((name) =>
    name.toLowerCase()
  );
  if (effective === 0n) return "no capability";
  return effective >> 32n === 0n && known.length < 9
    ? known.join(", ")
    : "all of its namespace";
}
