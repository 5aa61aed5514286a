/**
 * Machines with the programs and their units installed, as make does it.
 *
 * @module
 */
import { trixieSystemd } from "../../scripts/guest/trixie.ts";
import { debianRoot } from "../package/debian_root.ts";
import { copy, make } from "../package/support.ts";
import { Machine } from "./machine.ts";

/** The versions of Debian that the units are tried on. */
export const DEBIANS = {
  /** The machine's own, with all that is installed there. */
  "the machine's Debian": () => Promise.resolve(["/"]),
  "Debian 13": async () => [trixieSystemd(), await debianRoot("trixie")],
} as const satisfies Record<string, () => Promise<string[]>>;

export type Debian = keyof typeof DEBIANS;

/** Boots one with what make installs. */
export async function bootInstalled(debian: Debian): Promise<Machine> {
  const layers = await DEBIANS[debian]();
  using checkout = copy("checkout");
  const files = `${checkout.path}/installed`;
  await make(
    checkout.path,
    ...["install", `DESTDIR=${files}`, "PREFIX=/usr"],
  );
  return await Machine.boot({ layers, files });
}
