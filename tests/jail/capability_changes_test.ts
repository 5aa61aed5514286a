/** `--modcaps` and `--no-devices`, on the real thing. */
import { equal, match } from "node:assert/strict";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFREG,
  S_IFSOCK,
} from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import {
  type RunningHelper,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { shell } from "../support/processes.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "xattrs");
const NULL_DEVICE = 0x103n;
/** `struct vfs_cap_data`, revision 2: cap_net_raw, permitted and effective. */
const CAPABILITY = Uint8Array.from([
  1,
  0,
  0,
  2,
  0,
  0x20,
  0,
  0,
  ...new Array(12).fill(0),
]);

async function capabilitiesOf(
  { pid }: RunningHelper,
): Promise<string | undefined> {
  const status = await shell('cat "/proc/$1/status"', String(pid));
  return /^CapPrm:\t(.*)$/m.exec(status)?.[1];
}

for (
  const [change, permitted, errno] of [
    [undefined, "00000000080000db", "EPERM"],
    ["+SETFCAP", "00000000880000db", undefined],
    ["+cap_setfcap:-mknod", "00000000800000db", undefined],
  ] as const
) {
  test(
    `With ${change ?? "the seven"}, security.capability is ${
      errno ?? "stored"
    }`,
    async () => {
      using directory = workspace();
      Deno.writeTextFileSync(`${directory.path}/file`, "");
      await using helper = await startHelper({
        directory: directory.path,
        args: change === undefined ? [] : ["--modcaps", change],
      });
      const { client } = helper;
      const answer = client.lsetxattr(
        "/file",
        "security.capability",
        CAPABILITY,
        0,
      );
      equal(answer.errno === 0 ? undefined : errnoName(answer.errno), errno);
      equal(await capabilitiesOf(helper), permitted);
      // What acting for others leaves has nothing of it.
      equal(client.mkdir("/theirs", 0o700, 1000, 1000).errno, 0);
      equal(await capabilitiesOf(helper), permitted);
    },
  );
}

Deno.test({
  name: "A capability that the helper was started without can't be added",
  ignore: lacking("root", "setpriv").length > 0,
  async fn() {
    using directory = workspace();
    await using helper = await startHelper({
      directory: directory.path,
      args: ["--modcaps=+SETFCAP"],
      wrapper: [
        "setpriv",
        "--bounding-set",
        "-setfcap",
        "--inh-caps",
        "-setfcap",
      ],
    });
    const { code, output } = await helper.stop();
    equal(code, 1);
    match(
      output,
      /error: Cannot keep CAP_SETFCAP: the helper was started without/,
    );
  },
});

test("What was asked for beyond the seven is shown as weaker", async () => {
  using directory = workspace();
  await using helper = await startServing({
    directory: directory.path,
    args: ["--modcaps=+SETFCAP"],
  });
  match(
    (await helper.stop()).output,
    /capabilities WEAK: .*: CAP_SETFCAP as asked for;/,
  );
});

test("With --no-devices MKNOD makes FIFOs, sockets and files, and no device", async () => {
  using directory = workspace();
  await using helper = await startHelper({
    directory: directory.path,
    args: ["--no-devices"],
  });
  const { client } = helper;
  const make = (mode: number, device: bigint, uid = 0) =>
    errnoName(
      client.mknod(`/${mode}-${device}`, mode, device, uid, uid).errno,
    );
  for (const uid of [0, 1000]) {
    for (const device of [0n, NULL_DEVICE]) {
      equal(make(S_IFCHR | 0o600, device, uid), "EPERM");
      equal(make(S_IFBLK | 0o600, device, uid), "EPERM");
    }
  }
  for (const type of [S_IFIFO, S_IFSOCK, S_IFREG, 0]) {
    equal(
      client.mknod(`/${type}`, type | 0o600, 0n, 0, 0).errno,
      0,
      String(type),
    );
  }
  equal(await capabilitiesOf(helper), "00000000000000db");
});
