/** Paths that mean something to a process of the host: /proc, /dev, /sys. */
import { deepEqual, equal } from "node:assert/strict";
import { O_RDONLY } from "../../ffi/constants.ts";
import type { Client } from "../../src/proxy/client/client.ts";
import { ON_A_FILE, ON_A_NEW_NAME } from "../acceptance/requests.ts";
import { attacksThatNeed, OPEN } from "../support/attack.ts";
import { done, outcome, refused } from "../support/said.ts";

const test = attacksThatNeed(["root"]);

/** Ways out by way of a process, if there were a /proc; `holder` has the secrets open. */
function magicPaths(holder: number, helper: number, secrets: string): string[] {
  const descriptors = Array.from({ length: 24 }, (_, fd) => fd);
  return [
    ...descriptors.map((fd) => `/proc/self/fd/${fd}`),
    ...descriptors.map((fd) => `/proc/self/fd/${fd}/../../secrets/file`),
    ...descriptors.map((fd) => `/dev/fd/${fd}`),
    `/proc/${holder}/cwd/file`,
    `/proc/${holder}/fd/3/file`,
    `/proc/${holder}/root${secrets}/file`,
    `/proc/1/root${secrets}/file`,
    "/proc/1/root/etc/shadow",
    `/proc/self/root${secrets}/file`,
    `/proc/self/task/${helper}/root${secrets}/file`,
    `/proc/thread-self/root${secrets}/file`,
    "/proc/self/cwd/../secrets/file",
    "/proc/self/exe",
    "/proc/self/mem",
    "/proc/self/environ",
    "/proc/self/uid_map",
    "/proc/self/attr/current",
    "/proc/self/map_files/400000-401000",
    "/proc/sys/kernel/core_pattern",
    "/proc/kcore",
    "/dev/null",
    "/dev/mem",
    "/dev/stdin",
    "/dev/shm/x",
    "/sys/kernel/uevent_helper",
    "/etc/shadow",
    secrets,
    `${secrets}/file`,
  ];
}

/** All requests on one path; what they come to, each that occurs once. */
function everywhere(client: Client, path: string): string[] {
  const asked = { ...ON_A_FILE, ...ON_A_NEW_NAME };
  return [
    ...new Set(Object.values(asked).map((ask) => outcome(ask(client, path)))),
  ];
}

test("no path leads by /proc, /dev or /sys to what is outside", async ({ client, host, helper, export: top, secrets, stopped }) => {
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  // A process that stands in the secrets, and has it open.
  const holder = new Deno.Command("sh", {
    args: ["-c", 'exec 3<"$0"; echo; read -r _', secrets],
    cwd: secrets,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const said = holder.stdout.getReader();
  equal((await said.read()).value?.length, 1);
  const paths = magicPaths(holder.pid, helper.pid, secrets);
  for (const path of paths) {
    deepEqual(everywhere(client, path), ["ENOENT"], path);
  }
  deepEqual(host.names(top), ["file"]);
  await holder.stdin.close();
  equal((await said.read()).done, true);
  await holder.status;
  stopped(
    `${paths.length} paths below /proc, /dev, /sys and of the host, in every request`,
    "chroot(2): the jail has none of them (ENOENT)",
  );
});

test("symlinks to such paths, made by the client, lead nowhere", ({ client, helper, secrets, stopped }) => {
  const paths = magicPaths(Deno.pid, helper.pid, secrets);
  for (const target of paths) {
    done(client.symlink(target, "/link", 0, 0));
    for (const name of ["OPEN", "STATFS", "CHMOD", "TRUNCATE"]) {
      refused(ON_A_FILE[name]!(client, "/link"), "ENOENT");
    }
    refused(client.open("/link/", O_RDONLY), "ENOENT");
    for (const path of ["/link/file", "/link/../secrets/file"]) {
      refused(client.open(path, O_RDONLY), "ENOENT");
      refused(client.rename("/link", path), "ENOENT");
    }
    done(client.remove("/link"));
  }
  stopped(
    `${paths.length} symlinks to such paths, followed and walked through`,
    "chroot(2) (ENOENT)",
  );
});

test("a hard link is to what is inside, and is made inside", ({ client, host, helper, export: top, secrets, stopped }) => {
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  host.symlink(`${secrets}/file`, `${top}/absolute`);
  host.symlink("../secrets/file", `${top}/relative`);
  const fd = done(client.open("/file", O_RDONLY));
  const olds = [
    "../secrets/file",
    `${secrets}/file`,
    ...magicPaths(Deno.pid, helper.pid, secrets),
  ];
  for (const old of olds) refused(client.link(old, "/hard"), "ENOENT");
  for (const target of [`${secrets}/hard`, "/proc/self/cwd/hard"]) {
    refused(client.link("/file", target), "ENOENT");
    refused(client.rename("/file", target), "ENOENT");
  }
  // A link to a symlink is another symlink.
  for (const name of ["absolute", "relative"]) {
    done(client.link(`/${name}`, "/hard"));
    equal(host.lstat(`${top}/hard`).ino, host.lstat(`${top}/${name}`).ino);
    refused(client.open("/hard", O_RDONLY), "ENOENT");
    done(client.remove("/hard"));
  }
  // `..` does not climb: the link is made at the top of the export.
  done(client.link("/file", "../hard"));
  deepEqual(host.names(top), ["absolute", "file", "hard", "relative"]);
  host.close(fd);
  stopped(
    `LINK of ${olds.length} paths to files outside, by descriptors and by names, and to places outside`,
    "chroot(2) (ENOENT); LINK follows no symlink, and `..` stops at the root",
  );
});
