/** When a waiter looks at the mount table. */
import { equal, ok } from "node:assert/strict";
import { openLibc } from "../../ffi/libc.ts";
import { ProcDirectory } from "../../ffi/proc.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../src/proxy/symbols.ts";
import { onMountsChange } from "../../src/jail/mount_watch.ts";
import { Waiter } from "../../src/polling/waiter.ts";
import { LIMIT_MS } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { System } from "../support/system.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mount");

/** A waiter on this process's own mount table, which counts its looks. */
function watching() {
  const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  const proc = new ProcDirectory(libc, "self");
  const table = proc.open("mountinfo");
  const waiter = new Waiter(libc);
  const seen = { looks: 0, text: "" };
  onMountsChange(waiter, table.fd, () => {
    seen.looks++;
    seen.text = table.read();
  });
  return {
    waiter,
    seen,
    [Symbol.dispose]() {
      libc.symbols.close(table.fd);
      waiter[Symbol.dispose]();
      proc.close();
      libc.close();
    },
  };
}

test("turn() looks at the mounts, too, as nothing else does while requests keep coming", async () => {
  using place = workspace();
  using system = new System();
  using watched = watching();
  const { waiter, seen } = watched;
  const end = performance.now() + LIMIT_MS;
  const turnUntil = async (holds: () => boolean) => {
    while (!holds()) {
      ok(performance.now() < end, "It has not looked");
      await waiter.turn();
    }
  };
  system.mountTmpfs(place.path, "size=64k");
  await turnUntil(() => seen.text.includes(` ${place.path} `));
  equal(system.unmount(place.path), "ok");
  await turnUntil(() => !seen.text.includes(` ${place.path} `));
});

test("A wait without end looks at the mounts, and goes on waiting", async () => {
  using place = workspace();
  using system = new System();
  using watched = watching();
  const { waiter, seen } = watched;
  let ended = false;
  const wait = waiter.wait(-1).then(() => ended = true);
  const end = performance.now() + LIMIT_MS;
  system.mountTmpfs(place.path, "size=64k");
  while (!seen.text.includes(` ${place.path} `)) {
    ok(performance.now() < end, "It has not looked");
    await new Promise((go) => setTimeout(go, 5));
  }
  equal(ended, false);
  waiter.wake();
  await wait;
});
