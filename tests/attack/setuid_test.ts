/** Setuid files that the guest's root makes, run on the host. */
import { equal } from "node:assert/strict";
import { O_DIRECTORY, O_RDONLY } from "../../ffi/constants.ts";
import { attacksThatNeed } from "../support/attack.ts";
import { asUser, inherited, NOBODY } from "../support/attack_holder.ts";
import { shell } from "../support/processes.ts";
import { done } from "../support/said.ts";

const test = attacksThatNeed(["root", "setpriv"], {
  // Others of the host have to be able to get there.
  prepare: ({ outside }) => Deno.chmodSync(outside, 0o755),
});

test("a setuid file that the client made is not setuid by a descriptor", async (harness) => {
  const { client, host, export: top, stopped, notStopped } = harness;
  Deno.mkdirSync(`${top}/inner`);
  // Root's, as the guest's root makes it; the program says who it runs as.
  Deno.copyFileSync("/usr/bin/id", `${top}/id`);
  done(client.chown("/id", 0, 0));
  done(client.chmod("/id", 0o6755));
  equal(host.lstat(`${top}/id`).mode & 0o7777, 0o6755);
  const directory = done(client.open("/", O_DIRECTORY));
  const program = done(client.open("/id", O_RDONLY));
  const run = (path: string) =>
    inherited(
      [directory, program],
      () => shell(`exec ${asUser(NOBODY).join(" ")} "$1" -u`, path),
    );
  for (
    const path of [
      `/proc/self/fd/${directory}/id`,
      `/proc/self/fd/${directory}/inner/../id`,
      `/proc/self/fd/${program}`,
    ]
  ) equal(await run(path), String(NOBODY), path);
  host.close(directory);
  host.close(program);
  stopped(
    "as a user to run a setuid-root file that the client made, by a passed directory and by its own descriptor",
    "nosuid of the private mount: it runs as the user",
  );
  const byPath =
    "as a user of the host to run the same file by its path on the host";
  if (await run(`${top}/id`) === "0") {
    notStopped(
      byPath,
      "that is the host's own mount; export what is on a nosuid mount, or map ids",
    );
  } else stopped(byPath, "nosuid of the host's own mount");
});
