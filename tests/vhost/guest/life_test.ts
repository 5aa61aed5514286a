/**
 * Guests whose machine has a life: they are reset and reboot, are paused, and get
 * more memory, while they work in two shares with several queues.
 */
import { deepEqual, equal } from "node:assert/strict";
import { sha256 } from "../../guest/material.ts";
import { descriptors, until } from "../../support/processes.ts";
import { lacking } from "../../support/requirements.ts";
import {
  partsOf,
  type Release,
  RunningMachine,
  type Share,
} from "../support/machine.ts";
import { expectGoodEnd, linesOf } from "./expect.ts";

const here = lacking("root", "qemu", "kernel", "busybox", "attr", "perl");

/** Mebibytes that are plugged in. */
const PLUGGED = 256;
/** What each boot leaves open. */
const HELD = 300;
/** Descriptors that a mount may have more than the one before it: for names in the root that were added since. */
const SLACK = 30;

const large = new Uint8Array(40 * 1024 * 1024);
for (let at = 0; at < large.length; at += 65536) {
  crypto.getRandomValues(large.subarray(at, at + 65536));
}

const releases: readonly Release[] = ["installed", "trixie"];
for (const release of releases) {
  Deno.test({
    name: `a guest is reset three times, reboots, is paused and gets memory ` +
      `while it works in two shares (${release})`,
    ignore: here.length > 0 || partsOf(release) === undefined,
    async fn() {
      await using machine = await RunningMachine.start({
        release,
        job: "life.sh",
        programs: ["perl"],
        processors: 2,
        spareMemory: PLUGGED,
        reboots: true,
        variables: { PLUGGED: String(PLUGGED) },
        shares: [
          {
            tag: "share",
            prepare: (directory) => prepare(directory, "share"),
          },
          {
            tag: "second",
            queues: 4,
            args: ["--cache=never"],
            prepare: (directory) => {
              prepare(directory, "second");
              Deno.writeFileSync(`${directory}/large`, large);
            },
          },
        ],
      });
      const share = machine.shares.get("share")!;
      let first: number | undefined;
      for (const boot of [1, 2, 3, 4, 5]) {
        await machine.says(new RegExp(`@@ ask mounted-${boot}`));
        // What the boot before has left open is closed.
        const open = await openIn(share);
        first ??= open;
        equal(open < first + SLACK, true, `${first} then ${open} descriptors`);
        answer(share, `mounted-${boot}`);
        if (boot === 5) break;
        await machine.says(new RegExp(`@@ end boot ${boot}`));
        const busy = await openIn(share);
        equal(busy > open + HELD, true, `${open} then ${busy} descriptors`);
        if (boot <= 3) await machine.qmp.execute("system_reset");
      }
      await machine.says(/@@ ask plug/);
      await machine.qmp.execute("object-add", {
        "qom-type": "memory-backend-memfd",
        id: "more",
        size: PLUGGED * 1024 * 1024,
        share: true,
      });
      await machine.qmp.execute("device_add", {
        driver: "pc-dimm",
        id: "dimm",
        memdev: "more",
      });
      answer(share, "plug");
      await machine.says(/@@ ask pause/);
      for (let time = 0; time < 3; time++) {
        // Stops the rings of both shares, and starts them again.
        await machine.qmp.execute("stop");
        await machine.qmp.execute("cont");
        await progress(share);
      }
      answer(share, "pause");
      const ended = await machine.end();
      for (const boot of [1, 2, 3, 4]) {
        deepEqual(
          linesOf(ended, `boot ${boot}`).filter((line) =>
            /^of|^held/.test(line)
          ),
          [
            ...Array.from({ length: boot - 1 }, (_, n) => `of boot ${n + 1}`),
            `held: ${HELD}`,
          ],
        );
      }
      const lines = linesOf(ended, "two shares");
      deepEqual(lines.filter((line) => /^seen|^worker|^plugged/.test(line)), [
        "seen in share",
        "seen in second",
        `plugged: ${PLUGGED / 128} blocks`,
        ...["worker: done", "worker: done", "worker: done"],
      ]);
      equal(lines.includes(`${sha256(large)}  large`), true);
      expectGoodEnd(ended);
    },
  });
}

function prepare(directory: string, name: string): void {
  Deno.writeTextFileSync(`${directory}/from-the-host`, `seen in ${name}\n`);
}

/** Tells the guest that what it asked for is done. */
function answer({ directory }: Share, what: string): void {
  Deno.writeTextFileSync(`${directory}/done-${what}`, "");
}

/** How many descriptors the helper has. */
async function openIn({ helper }: Share): Promise<number> {
  return (await descriptors(helper.pid)).size;
}

/** Resolves when a worker of the guest has done something more. */
async function progress({ directory }: Share): Promise<void> {
  const log = `${directory}/one/log`;
  const { size } = Deno.statSync(log);
  await until("progress in the guest", () => Deno.statSync(log).size > size);
}
