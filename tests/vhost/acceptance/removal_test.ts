/** Requests that take names away and move them, and names that are none. */
import { deepEqual, equal } from "node:assert/strict";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import { readlink } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { lookUp, makeFiles, nodeOf } from "../support/share_files.ts";
import { forEachServer } from "../support/each_server.ts";

const TOO_LONG = "n".repeat(256);

forEachServer("UNLINK and RMDIR take names away", (trial) => {
  const { host, path } = trial;
  lookUp(trial, "file", "dir", "empty", "other");
  for (const name of ["file", "link", "out", "fifo", "null"]) {
    lookUp(trial, name);
    trial.must(names.unlink(ROOT, name));
  }
  trial.must(names.rmdir(ROOT, "empty"));
  deepEqual(host.names(path("")), ["dir", "other"]);
  const file = nodeOf(trial, "other");
  const rows: [string, Request<undefined>, string][] = [
    ["UNLINK of a missing name", names.unlink(ROOT, "file"), "ENOENT"],
    ["UNLINK of a directory", names.unlink(ROOT, "dir"), "EISDIR"],
    ["UNLINK below a file", names.unlink(file, "x"), "ENOTDIR"],
    ["UNLINK of 256 bytes", names.unlink(ROOT, TOO_LONG), "ENAMETOOLONG"],
    ["UNLINK within an unknown node", names.unlink(987_654, "x"), "ESTALE"],
    ["RMDIR of a missing name", names.rmdir(ROOT, "empty"), "ENOENT"],
    ["RMDIR of a file", names.rmdir(ROOT, "other"), "ENOTDIR"],
    [
      "RMDIR of a directory with something in it",
      names.rmdir(ROOT, "dir"),
      "ENOTEMPTY",
    ],
    ["RMDIR below a file", names.rmdir(file, "x"), "ENOTDIR"],
    ["RMDIR of 256 bytes", names.rmdir(ROOT, TOO_LONG), "ENAMETOOLONG"],
    ["RMDIR within an unknown node", names.rmdir(987_654, "x"), "ESTALE"],
  ];
  for (const row of rows) trial.expect(...row);
}, { prepare: makeFiles });

forEachServer("RENAME moves a name", (trial) => {
  const { host, path } = trial;
  const dir = nodeOf(trial, "dir");
  const file = nodeOf(trial, "file");
  lookUp(trial, "other", "link", "empty");
  trial.must(names.rename(ROOT, "file", dir, "moved"));
  equal(nodeOf(trial, "moved", dir), file);
  trial.must(names.rename(dir, "moved", ROOT, "other"));
  equal(Deno.readTextFileSync(path("other")), "hello");
  trial.must(names.rename(ROOT, "link", ROOT, "renamed"));
  equal(Deno.readLinkSync(path("renamed")), "dir/inner");
  trial.must(names.rename(ROOT, "dir", ROOT, "empty"));
  deepEqual(host.names(path("empty")), ["inner"]);
  equal(trial.must(readlink(nodeOf(trial, "renamed"))), "dir/inner");
}, { prepare: makeFiles });

forEachServer("RENAME and RENAME2: errnos", (trial) => {
  const dir = nodeOf(trial, "dir");
  const file = nodeOf(trial, "file");
  lookUp(trial, "other", "empty");
  const rows: [string, [number, string, number, string], string][] = [
    ["of a missing name", [ROOT, "missing", ROOT, "x"], "ENOENT"],
    ["of a directory over a file", [ROOT, "empty", ROOT, "file"], "ENOTDIR"],
    ["of a file over a directory", [ROOT, "file", ROOT, "empty"], "EISDIR"],
    [
      "over a directory with something in it",
      [ROOT, "empty", ROOT, "dir"],
      "ENOTEMPTY",
    ],
    ["of a directory into itself", [ROOT, "dir", dir, "x"], "EINVAL"],
    ["from below a file", [file, "x", ROOT, "x"], "ENOTDIR"],
    ["to below a file", [ROOT, "other", file, "x"], "ENOTDIR"],
    ["to a name of 256 bytes", [ROOT, "file", ROOT, TOO_LONG], "ENAMETOOLONG"],
    ["to within an unknown node", [ROOT, "file", 987_654, "x"], "ESTALE"],
    ["from within an unknown node", [987_654, "x", ROOT, "x"], "ESTALE"],
  ];
  for (const [what, where, errno] of rows) {
    trial.expect(`RENAME ${what}`, names.rename(...where), errno);
    trial.expect(`RENAME2 ${what}`, names.rename2(...where, 0), errno);
  }
  const rename = (flags: number, to = "other") =>
    names.rename2(ROOT, "file", ROOT, to, flags);
  trial.expect(
    "RENAME2 with NOREPLACE over a file",
    rename(names.RENAME_NOREPLACE),
    "EEXIST",
  );
  trial.expect(
    "RENAME2 with flags that exclude each other",
    rename(3),
    "EINVAL",
  );
  trial.expect("RENAME2 with unknown flags", rename(0x80), "EINVAL");
  trial.expect(
    "RENAME2 with EXCHANGE and a missing name",
    rename(names.RENAME_EXCHANGE, "missing"),
    "ENOENT",
  );
}, { prepare: makeFiles });

forEachServer(
  "RENAME2 replaces nothing, exchanges, leaves a whiteout",
  (trial) => {
    const { host, path } = trial;
    lookUp(trial, "file", "dir", "other");
    trial.must(
      names.rename2(ROOT, "file", ROOT, "new", names.RENAME_NOREPLACE),
    );
    lookUp(trial, "new");
    trial.must(names.rename2(ROOT, "new", ROOT, "dir", names.RENAME_EXCHANGE));
    equal(Deno.readTextFileSync(path("dir")), "hello");
    deepEqual(host.names(path("new")), ["inner"]);
    trial.expect(
      "RENAME2 with WHITEOUT",
      names.rename2(ROOT, "other", ROOT, "else", names.RENAME_WHITEOUT),
    );
    const left = host.lstat(path("other"));
    trial.observe(
      "what WHITEOUT leaves",
      `${left.mode.toString(8)} ${left.rdev}`,
      "20000 0",
    );
  },
  { prepare: makeFiles },
);

forEachServer(
  "names that are none change nothing and reach nothing",
  (trial) => {
    const { host, path } = trial;
    const dir = nodeOf(trial, "dir");
    const before = host.names(path("")).concat(host.names(path("dir")));
    for (
      const name of ["", ".", "..", "a/b", "/", "../file", "/etc", "dir/inner"]
    ) {
      trial.expect(
        `LOOKUP of ${JSON.stringify(name)}`,
        names.lookup(dir, name),
        "EINVAL",
      );
      trial.expect(
        `MKDIR of ${JSON.stringify(name)}`,
        names.mkdir(dir, name, 0o755),
        "EINVAL",
      );
      trial.expect(
        `UNLINK of ${JSON.stringify(name)}`,
        names.unlink(dir, name),
        "EINVAL",
      );
      trial.expect(
        `RENAME to ${JSON.stringify(name)}`,
        names.rename(ROOT, "other", dir, name),
        "EINVAL",
      );
    }
    if (trial.server !== "ours") return;
    deepEqual(host.names(path("")).concat(host.names(path("dir"))), before);
  },
  { prepare: makeFiles },
);
