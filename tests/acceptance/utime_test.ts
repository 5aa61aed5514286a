import { deepEqual, equal, ok } from "node:assert/strict";
import { forEachImplementation, prepareFiles, type Trial } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const UTIME_NOW = 0x3fffffffn;
const UTIME_OMIT = 0x3ffffffen;
const SECOND = 1_000_000_000n;

function times({ host, path }: Trial, name: string): [bigint, bigint] {
  const { atime, mtime } = host.lstat(path(name));
  return [atime, mtime];
}

const test = forEachImplementation({ prepare: prepareFiles });

test("UTIME sets both times to the nanosecond", (trial) => {
  for (const name of ["file", "directory"]) {
    done(trial.client.utime(`/${name}`, 1n, 999_999_999n, 2n ** 31n, 1n));
    deepEqual(times(trial, name), [1_999_999_999n, 2n ** 31n * SECOND + 1n]);
  }
});

test("UTIME takes times before 1970", (trial) => {
  done(trial.client.utime("/file", -1n, 1n, -(2n ** 31n), 0n));
  deepEqual(times(trial, "file"), [-SECOND + 1n, -(2n ** 31n) * SECOND]);
});

test("UTIME of a symlink changes the symlink", (trial) => {
  const before = times(trial, "file");
  for (const name of ["link", "dangling"]) {
    done(trial.client.utime(`/${name}`, 1n, 2n, 3n, 4n));
    deepEqual(times(trial, name), [SECOND + 2n, 3n * SECOND + 4n]);
  }
  deepEqual(times(trial, "file"), before);
});

test("UTIME_OMIT leaves a time as it is, and UTIME_NOW makes it now", (trial) => {
  const { client, host, path } = trial;
  const set = () => done(client.utime("/file", 1n, 2n, 3n, 4n));
  set();
  done(client.utime("/file", 9n, UTIME_OMIT, 5n, 6n));
  deepEqual(times(trial, "file"), [SECOND + 2n, 5n * SECOND + 6n]);
  done(client.utime("/file", 7n, 8n, 9n, UTIME_OMIT));
  deepEqual(times(trial, "file"), [7n * SECOND + 8n, 5n * SECOND + 6n]);
  set();
  done(client.utime("/file", 0n, UTIME_OMIT, 0n, UTIME_OMIT));
  deepEqual(times(trial, "file"), [SECOND + 2n, 3n * SECOND + 4n]);

  Deno.writeTextFileSync(path("earlier"), "");
  const earlier = host.lstat(path("earlier")).mtime;
  done(client.utime("/file", 0n, UTIME_NOW, 0n, UTIME_OMIT));
  const [atime, mtime] = times(trial, "file");
  ok(atime >= earlier);
  equal(mtime, 3n * SECOND + 4n);
  done(client.utime("/file", 0n, UTIME_NOW, 0n, UTIME_NOW));
  const [both, alike] = times(trial, "file");
  ok(both >= earlier);
  equal(both, alike);
});

test("UTIME with more nanoseconds than a second has is EINVAL", (trial) => {
  const before = times(trial, "file");
  for (const wrong of [SECOND, -1n, 2n ** 32n, 2n ** 62n]) {
    refused(trial.client.utime("/file", 1n, wrong, 1n, 0n), "EINVAL");
    refused(trial.client.utime("/file", 1n, 0n, 1n, wrong), "EINVAL");
  }
  deepEqual(times(trial, "file"), before);
});

test("UTIME of a file of another user that nobody may write is done", (trial) => {
  trial.host.lchown(trial.path("file"), 1000, 1000);
  trial.host.chmod(trial.path("file"), 0o400);
  done(trial.client.utime("/file", 1n, 2n, 3n, 4n));
  deepEqual(times(trial, "file"), [SECOND + 2n, 3n * SECOND + 4n]);
});
