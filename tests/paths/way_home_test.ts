/** The way back to the root directory after a long path: it may be refused, and costs nobody the share. */
import { startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { FIRST, mapped, STRANGE } from "../support/mapped.ts";
import { lacking } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { tamper, UNFILTERED } from "../support/tamper.ts";
import { workspace } from "../support/workspace.ts";
import { dig, withHelper } from "./deep.ts";

const needs = { ignore: lacking("root").length > 0 };
const traced = { ignore: lacking("root", "strace").length > 0 };

/** No directory of it is there. */
const LONG = "/" + "d/".repeat(2100) + "file";

Deno.test({
  name:
    "Where the export may not be searched a long path gets an errno, and the helper serves on",
  ...needs,
  async fn() {
    using directory = workspace();
    using host = new Host();
    const top = `${directory.path}/export`;
    Deno.mkdirSync(`${top}/d`, { recursive: true });
    host.lchown(top, 1000, 1000);
    await using helper = await startHelper({
      directory: top,
      args: ["--modcaps=-DAC_OVERRIDE"],
    });
    const { client } = helper;
    refused(client.lstat(LONG), "ENOENT");
    host.chmod(top, 0o700);
    for (let round = 0; round < 3; round++) {
      refused(client.lstat(LONG), "EACCES");
      refused(client.rename(LONG, "/x"), "EACCES");
      refused(client.mkdir(LONG, 0o700, 1001, 1001), "EACCES");
      done(client.lstat("/"));
    }
    host.chmod(top, 0o755);
    done(client.lstat("/d"));
    refused(client.lstat(LONG), "ENOENT");
    await helper.finish();
  },
});

Deno.test({
  name: "The host may take an export with mapped ids away and give it back",
  ignore: lacking("root", "mapped ext4").length > 0,
  async fn() {
    await mapped({
      prepare: (_, path) => Deno.mkdirSync(`${path}/d`),
      run({ client, host, path }) {
        refused(client.lstat(LONG), "ENOENT");
        host.lchown(path, FIRST + STRANGE, FIRST + STRANGE);
        host.chmod(path, 0);
        refused(client.lstat(LONG), "EACCES");
        done(client.lstat("/"));
        host.lchown(path, FIRST, FIRST);
        done(client.lstat("/d"));
        refused(client.lstat(LONG), "ENOENT");
      },
    });
  },
});

// A FUSE file system may answer so for a moment.
for (const errno of ["EIO", "EACCES", "EINTR", "ENOTCONN"]) {
  /** QEMU would ask again for ever. */
  const told = errno === "EINTR" ? "EIO" : errno;

  Deno.test({
    name: `A directory on the way that says ${errno} is that errno`,
    ...traced,
    async fn() {
      await withHelper(async (harness) => {
        const { client, helper } = harness;
        const deep = dig(harness, 4200);
        await using _ = await tamper(
          helper,
          "fchdir",
          `error=${errno}:when=1`,
        );
        refused(client.lstat(deep), told);
        done(client.lstat(deep));
        refused(client.lstat("d"), "ENOENT");
      }, UNFILTERED);
    },
  });

  Deno.test({
    name:
      `A way back that says ${errno} costs relative paths that errno, until it is free`,
    ...traced,
    async fn() {
      await withHelper(async (harness) => {
        const { client, helper } = harness;
        const deep = dig(harness, 4200);
        done(client.mkdir("here", 0o700, 0, 0));
        // The first two fchdir(2) are the way there.
        await using _ = await tamper(
          helper,
          "fchdir",
          `error=${errno}:when=3..8`,
        );
        done(client.lstat(deep));
        refused(client.lstat("here"), told);
        refused(client.link("/here", "there"), told);
        done(client.lstat("/here"));
        refused(client.lstat(deep), told);
        done(client.lstat("here"));
        done(client.lstat(deep));
        done(client.lstat("here"));
      }, UNFILTERED);
    },
  });
}
