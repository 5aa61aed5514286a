/** What keeps the host's mounts busy is no way to them. */
import { deepEqual, equal, match } from "node:assert/strict";
import { descriptorFaults } from "../../src/jail/proof.ts";
import { refusal, startHelper } from "../support/helpers.ts";
import { runJailed } from "../support/jailed.ts";
import { descriptors } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { System } from "../support/system.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mount");

test("Code in the jail has no directory but the root, and learns of no mount of the host but the export's", async () => {
  using place = exportWorkspace();
  using system = new System();
  Deno.mkdirSync(`${place.export}/a/b`, { recursive: true });
  Deno.mkdirSync(`${place.path}/beside`);
  system.mountTmpfs(`${place.path}/beside`, "size=64k");
  system.mountTmpfs(`${place.export}/a`, "size=64k");
  Deno.mkdirSync(`${place.export}/a/b`);
  system.mountTmpfs(`${place.export}/a/b`, "size=64k");
  const { code, lines, errors } = await runJailed("look_in_jail.ts", [], {
    directory: place.export,
  });
  equal(code, 0, errors);
  deepEqual(lines, [
    "directory of the root: /",
    // The tables of the export, of a and of b, each as seen from there.
    ...["/a", "/a/b", "/", "/b", "/"].map((path) => `table: ${path}`),
    "done",
  ]);
});

test("Of a mount in the export a serving helper has a mount table and no directory", async () => {
  using place = exportWorkspace();
  using system = new System();
  Deno.mkdirSync(`${place.export}/a`);
  system.mountTmpfs(`${place.export}/a`, "size=64k");
  await using helper = await startHelper({ place, args: ["--print-sandbox"] });
  equal(helper.client.lstat("/a").errno, 0);
  const files = [...(await descriptors(helper.pid)).values()].filter((name) =>
    name.startsWith("/") && name !== "/dev/null"
  ).map((name) => name.replace(/\d+/, "PID"));
  deepEqual(files.sort(), ["/", "/proc/PID/mountinfo", "/proc/PID/mountinfo"]);
  match(
    await helper.finish(),
    /^ok {4}descriptors .*the list of the mounts in the export$/m,
  );
});

Deno.test("descriptorFaults() finds a directory of the host that is still open", () => {
  deepEqual(descriptorFaults([]), []);
  deepEqual(descriptorFaults([23]), [
    "descriptor 23 is still a directory of the host",
  ]);
});

testsThatNeed("root", "mount", "strace")(
  "Where a directory of the host can't be closed nothing is served",
  async () => {
    using place = exportWorkspace();
    using system = new System();
    Deno.mkdirSync(`${place.export}/a`);
    system.mountTmpfs(`${place.export}/a`, "size=64k");
    for (const path of [place.export, `${place.export}/a`]) {
      const output = await refusal({
        place,
        // What is closed with an error of the tracer's making stays open.
        wrapper: [
          ...["strace", "-f", "-o", "/dev/null", "-P", path],
          ...["-e", "trace=close", "-e", "inject=close:error=EIO"],
        ],
      });
      match(
        output,
        /error: Cannot prove the jail: descriptor \d+ is still a directory of the host/,
      );
    }
  },
);
