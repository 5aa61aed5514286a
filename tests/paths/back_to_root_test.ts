/** The way back to the root directory after a long path: it may be refused, and costs nobody the share. */
import { startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { FIRST, STRANGE, testsOfMappedIds } from "../support/mapped.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { tamper, UNFILTERED } from "../support/tamper.ts";
import { dig, testsThatDig } from "./deep.ts";

/** No directory of it is there. */
const LONG = "/" + "d/".repeat(2100) + "file";

testsThatNeed("root")(
  "Where the export may not be searched a long path gets an errno, and the helper serves on",
  async () => {
    using host = new Host();
    await using helper = await startServing({
      args: ["--modcaps=-DAC_OVERRIDE"],
    });
    const { client, directory: top } = helper;
    Deno.mkdirSync(`${top}/d`);
    host.lchown(top, 1000, 1000);
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
);

testsOfMappedIds()(
  "The host may take an export with mapped ids away and give it back",
  async ({ start, host, path }) => {
    Deno.mkdirSync(`${path}/d`);
    const { client } = await start();
    refused(client.lstat(LONG), "ENOENT");
    host.lchown(path, FIRST + STRANGE, FIRST + STRANGE);
    host.chmod(path, 0);
    refused(client.lstat(LONG), "EACCES");
    done(client.lstat("/"));
    host.lchown(path, FIRST, FIRST);
    done(client.lstat("/d"));
    refused(client.lstat(LONG), "ENOENT");
  },
);

const test = testsThatDig(["root", "strace"], UNFILTERED);

// A FUSE file system may answer so for a moment.
for (const errno of ["EIO", "EACCES", "EINTR", "ENOTCONN"]) {
  /** QEMU would ask again for ever. */
  const told = errno === "EINTR" ? "EIO" : errno;

  test(`A directory on the way that says ${errno} is that errno`, async (harness) => {
    const { client, helper } = harness;
    const deep = dig(harness, 4200);
    await using _ = await tamper(helper, "fchdir", `error=${errno}:when=1`);
    refused(client.lstat(deep), told);
    done(client.lstat(deep));
    refused(client.lstat("d"), "ENOENT");
  });

  test(`A way back that says ${errno} costs relative paths that errno, until it is free`, async (harness) => {
    const { client, helper } = harness;
    const deep = dig(harness, 4200);
    done(client.mkdir("here", 0o700, 0, 0));
    // The first two fchdir(2) are the way there.
    await using _ = await tamper(helper, "fchdir", `error=${errno}:when=3..8`);
    done(client.lstat(deep));
    refused(client.lstat("here"), told);
    refused(client.link("/here", "there"), told);
    done(client.lstat("/here"));
    refused(client.lstat(deep), told);
    done(client.lstat("here"));
    done(client.lstat(deep));
    done(client.lstat("here"));
  });
}
