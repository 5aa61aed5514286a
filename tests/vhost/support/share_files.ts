/**
 * The files that the host puts into a share before a test begins.
 *
 * @module
 */
import { S_IFCHR } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import type { Place, Trial } from "./each_server.ts";

/** What the host has put into the share: one of each type. */
export function makeFiles({ host, path }: Place): void {
  Deno.writeTextFileSync(path("file"), "hello");
  Deno.writeTextFileSync(path("other"), "other");
  Deno.mkdirSync(path("dir"));
  Deno.mkdirSync(path("empty"));
  Deno.writeTextFileSync(path("dir/inner"), "");
  host.symlink("dir/inner", path("link"));
  host.symlink("/etc", path("out"));
  host.mkfifo(path("fifo"));
  host.mknod(path("null"), S_IFCHR | 0o600, 0x103n);
}

/** As a guest does before it takes a name away. */
export function lookUp(trial: Trial, ...all: string[]): void {
  for (const name of all) trial.must(names.lookup(ROOT, name));
}

export function nodeOf(trial: Trial, name: string, parent = ROOT): number {
  return trial.must(names.lookup(parent, name)).nodeid;
}
