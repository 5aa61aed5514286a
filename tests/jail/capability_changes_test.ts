/** `--modcaps` and `--no-devices`, on the real thing. */
import { equal, match } from "node:assert/strict";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFREG,
  S_IFSOCK,
} from "../../ffi/constants.ts";
import {
  refusal,
  type RunningHelper,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { shell } from "../support/processes.ts";
import { withoutCapability } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { outcome, refused } from "../support/said.ts";

const test = testsThatNeed("root", "xattrs");
const NULL_DEVICE = 0x103n;
/** `struct vfs_cap_data`, revision 2: cap_net_raw, permitted and effective. */
const CAPABILITY = new Uint8Array(20);
CAPABILITY.set([1, 0, 0, 2, 0, 0x20]);

async function capabilitiesOf(
  { pid }: RunningHelper,
): Promise<string | undefined> {
  const status = await shell('cat "/proc/$1/status"', String(pid));
  return /^CapPrm:\t(.*)$/m.exec(status)?.[1];
}

for (
  const [change, permitted, answer] of [
    [undefined, "00000000080000db", "EPERM"],
    ["+SETFCAP", "00000000880000db", "done"],
    ["+cap_setfcap:-mknod", "00000000800000db", "done"],
  ] as const
) {
  test(`With ${change ?? "the seven"}, security.capability is ${answer === "done" ? "stored" : answer}`, async () => {
    await using helper = await startHelper({
      args: change === undefined ? [] : ["--modcaps", change],
    });
    const { client } = helper;
    Deno.writeTextFileSync(`${helper.directory}/file`, "");
    const name = "security.capability";
    refused(client.lsetxattr("/file", name, CAPABILITY, 0), answer);
    equal(await capabilitiesOf(helper), permitted);
    // What acting for others leaves has nothing of it, and afterwards it is there again.
    equal(client.mkdir("/theirs", 0o700, 1000, 1000).errno, 0);
    equal(await capabilitiesOf(helper), permitted);
    refused(client.lsetxattr("/file", name, CAPABILITY, 0), answer);
  });
}

testsThatNeed("root", "setpriv")(
  "A capability that the helper was started without can't be added",
  async () => {
    const output = await refusal({
      args: ["--modcaps=+SETFCAP"],
      wrapper: [...withoutCapability("setfcap"), "--inh-caps", "-setfcap"],
    });
    match(
      output,
      /error: Cannot keep CAP_SETFCAP: the helper was started without/,
    );
  },
);

test("What was asked for beyond the seven is shown as weaker", async () => {
  await using helper = await startServing({
    args: ["--modcaps=+SETFCAP"],
  });
  match(
    (await helper.stop()).output,
    /capabilities WEAK: .*: CAP_SETFCAP as asked for;/,
  );
});

test("With --no-devices MKNOD makes FIFOs, sockets and files, and no device", async () => {
  await using helper = await startHelper({
    args: ["--no-devices"],
  });
  const { client } = helper;
  const make = (mode: number, device: bigint, uid: number) =>
    outcome(client.mknod(`/${mode}-${device}`, mode | 0o600, device, uid, uid));
  for (const uid of [0, 1000]) {
    for (const device of [0n, NULL_DEVICE]) {
      equal(make(S_IFCHR, device, uid), "EPERM");
      equal(make(S_IFBLK, device, uid), "EPERM");
    }
  }
  for (const type of [S_IFIFO, S_IFSOCK, S_IFREG, 0]) {
    equal(make(type, 0n, 0), "done", String(type));
  }
  equal(await capabilitiesOf(helper), "00000000000000db");
});
