/** Whom a request is carried out as: set-id bits, groups. */
import { deepEqual, equal } from "node:assert/strict";
import { O_RDWR, O_TRUNC, O_WRONLY } from "../../../../../ffi/constants.ts";
import {
  plain,
  ROOT,
} from "../../../../../src/vhost_user_fs/client/request.ts";
import { Writer } from "../../../../../src/vhost_user_fs/client/bytes.ts";
import {
  getattr,
  setattr,
} from "../../../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  open,
  write,
} from "../../../../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  lookup,
} from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import { Mount } from "../support/mount.ts";
import { onEachFileSystem } from "../support/places.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const KILL = 1;

onEachFileSystem(
  "Set-id bits go when the guest says so, and only then",
  (path) => {
    using mount = new Mount({ path, killprivV2: true });
    const { nodeid, opened: { fh } } = mount.must(
      create(ROOT, "f", O_RDWR, 0o755),
    );
    const set = () => mount.must(setattr(nodeid, { mode: 0o6755 }));
    const mode = () =>
      (mount.must(getattr(nodeid)).attributes.mode & 0o7777).toString(8);
    set();
    mount.must(write(nodeid, fh, 0, bytes("x")));
    equal(mode(), "6755");
    mount.must(write(nodeid, fh, 0, bytes("x"), { killSuidGid: true }));
    equal(mode(), "755");
    set();
    mount.must(setattr(nodeid, { size: 10 }));
    equal(mode(), "6755");
    mount.must(setattr(nodeid, { size: 11, killSuidGid: true }));
    equal(mode(), "755");
    set();
    mount.must(setattr(nodeid, { size: 12, fh, killSuidGid: true }));
    equal(mode(), "755");
    set();
    mount.must(open(nodeid, O_WRONLY | O_TRUNC));
    equal(mode(), "6755");
    mount.must(open(nodeid, O_WRONLY, KILL));
    equal(mode(), "6755");
    mount.must(open(nodeid, O_WRONLY | O_TRUNC, KILL));
    equal(mode(), "755");
    // Afterwards all rights are there again.
    set();
    mount.must(write(nodeid, fh, 0, bytes("x")));
    equal(mode(), "6755");
  },
);

onEachFileSystem(
  "A setgid directory and the group that a caller brings",
  (path) => {
    using mount = new Mount({ path });
    Deno.mkdirSync(`${path}/d`);
    Deno.chownSync(`${path}/d`, 0, 2000);
    Deno.chmodSync(`${path}/d`, 0o2777);
    const { nodeid } = mount.must(lookup(ROOT, "d"));
    const make = (name: string, group?: number) =>
      mount.as(1000, 1000, () => {
        mount.group = group;
        try {
          const { attributes: { gid, mode } } = mount.must(
            create(nodeid, name, O_RDWR, 0o2755),
          );
          return [gid, (mode & 0o7777).toString(8)];
        } finally {
          mount.group = undefined;
        }
      });
    deepEqual(make("without"), [2000, "755"]);
    deepEqual(make("with", 2000), [2000, "2755"]);
    // The group is gone again.
    deepEqual(make("again"), [2000, "755"]);
    deepEqual(make("other", 3000), [2000, "755"]);
  },
);

onEachFileSystem("Extensions that make no sense", (path) => {
  using mount = new Mount({ path });
  const before = mount.descriptors();
  const ask = (name: string, extension: number[], units?: number) => {
    const bytes = mount.encode({
      ...plain("MKDIR", ROOT, new Writer().u32(0o755, 0).name(name).bytes),
    });
    const whole = new Writer().raw(bytes).u32(...extension).bytes;
    const view = new DataView(whole.buffer);
    view.setUint32(0, whole.length, true);
    view.setUint32(24, 1000, true);
    view.setUint16(36, units ?? extension.length / 2, true);
    return mount.raw(whole, 144).errno;
  };
  const EINVAL = 22;
  equal(ask("a", [16, 32, 2, 5]), EINVAL);
  equal(ask("a", [24, 32, 1, 5]), EINVAL);
  equal(ask("a", [0, 32, 1, 5]), EINVAL);
  equal(ask("a", [12, 32, 1, 5]), EINVAL);
  equal(ask("a", [8, 32]), EINVAL);
  equal(ask("a", [16, 32, 1, 5], 0xffff), EINVAL);
  equal(ask("a", [16, 32, 1, 5], 8), EINVAL);
  deepEqual([...Deno.readDirSync(path)], []);
  equal(ask("a", [16, 32, 0, 0]), 0);
  equal(ask("b", [16, 32, 1, 5]), 0);
  // A kind that is not known is somebody else's.
  equal(ask("c", [16, 7, 1, 5, 16, 32, 1, 5]), 0);
  equal(mount.descriptors(), before + 3);
});
