/**
 * Measures the helper of vhost-user-fs against virtiofsd.
 *
 * @module
 */
import type { Command } from "../../program/proxy_helper.ts";
import { say } from "../../program/output.ts";
import { trixieVirtiofsd } from "../../guest/trixie.ts";
import { bundledLauncher } from "../launcher.ts";
import type { BenchOptions } from "../options.ts";
import { startTable } from "../report.ts";
import { introduce, PLACES, show } from "../say.ts";
import { Guests, type ServerCommand } from "./guests.ts";
import { OPERATIONS } from "./operations.ts";
import { measureIdle, measureStarts, memoryOfServers } from "./processes.ts";
import { operationTable, processTable } from "./report.ts";
import { measureOperations } from "./rounds.ts";

/** Rounds after which V8 has compiled the client and the helper: some 40,000 requests. */
const WARM_UP_ROUNDS = 10;
const IDLE_SECONDS = 60;

/** All of it, or the operations alone where some of them were chosen. */
export async function benchVhost(options: BenchOptions): Promise<void> {
  const { quick, only, placements } = options;
  const rounds = options.rounds ?? (quick ? 6 : 30);
  const all = await commands(options);
  await using guests = new Guests();
  for (const { name, command } of all) say(`${name}: ${command.join(" ")}`);
  introduce("virtfs-vhost-helper");
  const whole = only.length === 0;
  // Before this process is bound to a CPU, as its children would be, too.
  if (whole) {
    const starts = all.filter(({ name }) => name !== UNPOLLED);
    show(
      "From the start to the first answer, in ms",
      startTable(await measureStarts(guests, starts, quick ? 3 : 15)),
    );
  }
  for (const command of all) guests.add(command);
  const started = memoryOfServers(guests);
  const operations = OPERATIONS.filter(({ name }) =>
    whole || only.some((start) => name.startsWith(start))
  );
  await measureOperations(guests, operations, WARM_UP_ROUNDS);
  for (const placement of placements) {
    guests.place(placement);
    show(
      `Operations in µs, ${PLACES[placement]}; ratios to theirs`,
      operationTable(await measureOperations(guests, operations, rounds)),
    );
  }
  if (!whole) return;
  const loaded = memoryOfServers(guests);
  const seconds = quick ? 2 : IDLE_SECONDS;
  const idle = await measureIdle(guests, seconds);
  show(
    `Memory in MB, and CPU in ms of ${seconds} s without requests`,
    processTable(all.map(({ name }) => name), started, loaded, idle),
  );
}

const UNPOLLED = "unpolled";

/** Ours, the same without polling, and the reference. */
async function commands(
  { ours, args, against }: BenchOptions,
): Promise<ServerCommand[]> {
  const command: Command = [
    ours ?? await bundledLauncher("virtfs-vhost-helper"),
    ...args,
  ];
  return [
    { name: "ours", command },
    { name: UNPOLLED, command: [...command, "--poll-max-us=0"] },
    {
      name: "theirs",
      command: against === undefined ? trixieVirtiofsd() : [against],
    },
  ];
}
