/**
 * What every measurement says of itself and of its machine.
 *
 * @module
 */
import { VERSION } from "../../src/version.ts";
import { paint, say } from "../program/output.ts";
import type { Placement } from "./options.ts";

/** Where client and servers run, in words. */
export const PLACES: Readonly<Record<Placement, string>> = {
  one: "client and helpers on one CPU",
  two: "client and helpers on two CPUs",
  any: "on CPUs as the kernel likes",
};

/** Says what is measured, and on what. */
export function introduce(program: string): void {
  say(
    `${program} ${VERSION}, Deno ${Deno.version.deno}, ` +
      `Linux ${Deno.osRelease()}, ${navigator.hardwareConcurrency} CPUs\n` +
      `load ${load()}; the tables are of medians`,
  );
}

/** The load averages of 1, 5 and 15 minutes. */
export function load(): string {
  return Deno.loadavg().map((value) => value.toFixed(1)).join(", ");
}

/** Prints a table below its title. */
export function show(title: string, table: string): void {
  say(`\n${paint("bold", title)}\n\n${table}`);
}
