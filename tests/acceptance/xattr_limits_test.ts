/** How long names, values and lists of extended attributes may be. */
import { deepEqual, equal } from "node:assert/strict";
import { MAX_PAYLOAD } from "../../src/proxy/wire/protocol.ts";
import type { Host } from "../support/host.ts";
import { forEachImplementation, type Trial } from "./suite.ts";
import { done, outcome, refused } from "../support/said.ts";

type Prepared = Pick<Trial, "host" | "system" | "path">;

const small = {
  needs: ["xattrs"],
  prepare: ({ path }: Prepared) => Deno.writeTextFileSync(path("file"), ""),
} as const;

/** A tmpfs takes values of any size that there can be, and lists beyond. */
const big = {
  needs: ["mount", "big xattrs"],
  prepare: ({ system, path }: Prepared) => {
    system.mountTmpfs(path(""), "size=64k,nr_inodes=1000");
    Deno.writeTextFileSync(path("file"), "");
  },
} as const;

const test = forEachImplementation(big);

forEachImplementation(small)(
  "an attribute's name may have 255 bytes, not 256, and not none",
  ({ client }) => {
    const longest = "user." + "n".repeat(250);
    done(client.lsetxattr("/file", longest, "value", 0));
    equal(done(client.lgetxattr("/file", longest, 5)).length, 5);
    equal(done(client.llistxattrLength("/file")), 256);
    done(client.lremovexattr("/file", longest));
    for (const name of [longest + "n", "n".repeat(60000), ""]) {
      refused(client.lsetxattr("/file", name, "value", 0), "ERANGE");
      for (const size of [0, 5, 4096, 65534, 65535, 65536, 2 ** 31 - 1]) {
        refused(client.lgetxattr("/file", name, size), "ERANGE");
      }
      refused(client.lremovexattr("/file", name), "ERANGE");
    }
  },
);

forEachImplementation(small)(
  "LGETXATTR and LLISTXATTR into too little room are ERANGE",
  ({ client, host, path }) => {
    host.setXattr(path("file"), "user.there", new Uint8Array(5));
    for (let size = 1; size < 5; size++) {
      refused(client.lgetxattr("/file", "user.there", size), "ERANGE");
    }
    equal(done(client.lgetxattr("/file", "user.there", 5)).length, 5);
    for (let size = 1; size < "user.there\0".length; size++) {
      refused(client.llistxattr("/file", size), "ERANGE");
    }
    equal(done(client.llistxattr("/file", 11)).length, 11);
  },
);

forEachImplementation(small)(
  "LGETXATTR and LLISTXATTR take any size that is not negative",
  ({ client, host, path, differs }) => {
    host.setXattr(path("file"), "user.there", new Uint8Array(5));
    for (const size of [65534, 65535, 65536, 65537, 2 ** 20, 0x7fffffff]) {
      equal(done(client.lgetxattr("/file", "user.there", size)).length, 5);
      equal(done(client.llistxattr("/file", size)).length, 11);
    }
    differs(
      "LGETXATTR into a negative size",
      () => client.lgetxattr("/file", "user.there", -1),
    );
  },
);

forEachImplementation(small)(
  "LLISTXATTR takes no negative size",
  ({ client, differs }) =>
    differs(
      "LLISTXATTR into a negative size",
      () => client.llistxattr("/file", -0x80000000),
    ),
);

test("LSETXATTR stores the longest value that a payload has room for", ({ client, host, path }) => {
  const rest = "/file\0".length + "user.a".length + 3 * 2 + 2 * 4;
  const value = pattern(MAX_PAYLOAD - rest);
  done(client.lsetxattr("/file", "user.a", value, 0));
  deepEqual(host.xattr(path("file"), "user.a"), value);
});

test("LGETXATTR answers a value of up to 65534 bytes", ({ client, host, path }) => {
  for (const length of [65533, 65534]) {
    const value = pattern(length);
    host.setXattr(path("file"), "user.a", value);
    refused(client.lgetxattr("/file", "user.a", length - 1), "ERANGE");
    for (const size of [length, length + 1, 65536, 0x7fffffff]) {
      deepEqual(done(client.lgetxattr("/file", "user.a", size)), value);
    }
  }
});

test("LGETXATTR of a longer value is ENOBUFS, but for its length", ({ client, host, path, differs }) => {
  host.setXattr(path("file"), "user.a", new Uint8Array(65535));
  equal(done(client.lgetxattrLength("/file", "user.a")), 65535);
  refused(client.lgetxattr("/file", "user.a", 65534), "ERANGE");
  for (const size of [65535, 65536, 0x7fffffff]) {
    refused(client.lgetxattr("/file", "user.a", size), "ENOBUFS");
  }
  host.setXattr(path("file"), "user.a", new Uint8Array(65536));
  equal(done(client.lgetxattrLength("/file", "user.a")), 65536);
  refused(client.lgetxattr("/file", "user.a", 65534), "ERANGE");
  differs(
    "LGETXATTR of 65536 bytes into 65535",
    () => client.lgetxattr("/file", "user.a", 65535),
  );
  differs("LGETXATTR of 65536 bytes into 65536", () => {
    const answer = client.lgetxattr("/file", "user.a", 65536);
    return answer.errno === 0
      ? `done, ${answer.value?.length} bytes`
      : outcome(answer);
  });
});

test("LLISTXATTR answers a list of up to 65534 bytes", ({ client, host, path }) => {
  listOf(host, path("file"), 65534);
  equal(done(client.llistxattrLength("/file")), 65534);
  refused(client.llistxattr("/file", 65533), "ERANGE");
  for (const size of [65534, 65535, 0x7fffffff]) {
    const list = done(client.llistxattr("/file", size));
    equal(list.length, 65534);
    equal(new TextDecoder().decode(list).split("\0").length, 257);
  }
});

test("LLISTXATTR of a longer list is ENOBUFS, but for its length", ({ client, host, path, differs }) => {
  listOf(host, path("file"), 65535);
  equal(done(client.llistxattrLength("/file")), 65535);
  refused(client.llistxattr("/file", 65534), "ERANGE");
  for (const size of [65535, 65536, 0x7fffffff]) {
    refused(client.llistxattr("/file", size), "ENOBUFS");
  }
  host.setXattr(path("file"), "user.and.more", new Uint8Array(1));
  equal(done(client.llistxattrLength("/file")), 65549);
  differs(
    "LLISTXATTR of over 65536 bytes into 65536",
    () => client.llistxattr("/file", 65536),
  );
});

forEachImplementation({
  needs: ["mount", "big xattrs"],
  prepare: ({ system, path }: Prepared) => {
    // An inode counts for a KiB of attributes.
    system.mountTmpfs(path(""), "size=64k,nr_inodes=16");
    Deno.writeTextFileSync(path("file"), "");
  },
})(
  "LSETXATTR of more than the file system has room for is ENOSPC, and the old value stays",
  ({ client, host, path }) => {
    done(client.lsetxattr("/file", "user.a", "value", 0));
    refused(client.lsetxattr("/file", "user.a", pattern(60000), 0), "ENOSPC");
    refused(client.lsetxattr("/file", "user.b", pattern(60000), 0), "ENOSPC");
    deepEqual(host.xattr(path("file"), "user.a"), bytes("value"));
    equal(host.xattr(path("file"), "user.b"), undefined);
  },
);

/** Gives a file 256 attributes, whose names and NULs come to `length` bytes. */
function listOf(host: Host, path: string, length: number): void {
  const each = 256;
  for (let i = 0; i < 255; i++) {
    const name = `user.${String(i).padStart(3, "0")}`.padEnd(each - 1, "n");
    host.setXattr(path, name, new Uint8Array(1));
  }
  const last = "user.last".padEnd(length - 255 * each - 1, "n");
  host.setXattr(path, last, new Uint8Array(1));
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes that tell their places. */
function pattern(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}
