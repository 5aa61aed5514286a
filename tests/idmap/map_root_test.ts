/** `--map-root`: the guest's root is one user of the host. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { O_CREAT, O_RDWR } from "../../ffi/constants.ts";
import { rootMapping } from "../../src/jail/map_root.ts";
import { refusal } from "../support/helpers.ts";
import { NOBODY, testsOfMappedIds } from "../support/mapped.ts";
import { done, refused } from "../support/said.ts";
import { testsThatNeed } from "../support/requirements.ts";

const test = testsOfMappedIds();

/** On every Debian, and no other user's: base-passwd has both. */
const USER = "games";
const UID = 5;
const GID = 60;

for (const user of [USER, String(UID)]) {
  test(`--map-root ${user}: root's files are the user's and its group's, all else is refused`, async ({ start, host, path, onHost, inGuest }) => {
    host.lchown(path, UID, GID);
    Deno.writeTextFileSync(`${path}/theirs`, "old");
    host.lchown(`${path}/theirs`, UID, GID);
    host.chmod(`${path}/theirs`, 0o600);
    Deno.writeTextFileSync(`${path}/roots`, "old");
    host.chmod(`${path}/roots`, 0o600);
    const { client, connection } = await start(["--map-root", user]);
    equal(inGuest("theirs"), "0:0 600");
    equal(inGuest("roots"), `${NOBODY}:${NOBODY} 600`);
    for (const name of ["theirs", "new"]) {
      const flags = O_RDWR | O_CREAT;
      connection.closeDescriptor(
        client.create(`/${name}`, flags, 0o600, 0, 0).value!,
      );
      equal(onHost(name), `${UID}:${GID} 600`);
    }
    done(client.chmod("/new", 0o4755));
    equal(onHost("new"), `${UID}:${GID} 4755`);
    const owners = [[1000, 0], [0, 1000], [UID, GID], [1, 1]] as const;
    for (const [uid, gid] of owners) {
      refused(client.mkdir("/no", 0o700, uid, gid), "EOVERFLOW");
      refused(client.chown("/theirs", uid, gid), "EOVERFLOW");
    }
    refused(client.chown("/roots", 0, 0), "EOVERFLOW");
    refused(client.open("/roots", O_RDWR), "EACCES");
    deepEqual(host.names(path), ["new", "roots", "theirs"]);
  });
}

const refusedTest = testsThatNeed("root");
for (
  const [user, why] of [
    ["root", "that is the host's root; name another user"],
    ["0", "that is the host's root; name another user"],
    ["nobody-of-this-name", "there is no such user"],
    [
      "4294967293",
      "there is no such user, whose group would be used; use --uid-map 0:4294967293:1 --gid-map 0:GID:1",
    ],
  ] as const
) {
  refusedTest(`--map-root ${user} is refused: ${why}`, async () => {
    match(
      await refusal({ args: [`--map-root=${user}`] }),
      new RegExp(`error: Cannot map the guest's root to ${user}: ${why}\n$`),
    );
  });
}

Deno.test("rootMapping() refuses a user whose group is that of the host's root", () => {
  throws(() =>
    rootMapping({
      kind: "root",
      user: "admin",
      instead: ["--uid-map", "--gid-map"],
    }, { uid: 7, gid: 0 }), {
    name: "StartError",
    message:
      "Cannot map the guest's root to admin: its group is that of the host's root",
  });
});
