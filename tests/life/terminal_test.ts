/** A terminal, which hangs up or sends Ctrl-C: by script(1). */
import { equal } from "node:assert/strict";
import { Client } from "../../src/proxy/client/client.ts";
import { connectionPair } from "../support/connections.ts";
import { Foreground, onTerminal } from "../support/daemon.ts";
import { helperPath } from "../support/helpers.ts";
import { lacking } from "../support/requirements.ts";
import { exists, type Yard, yard } from "../support/yard.ts";

const needs = { ignore: lacking("root", "script").length > 0 };

/** A helper in the foreground of a terminal, which the returned process is. */
function inTerminal(
  place: Yard,
  args: readonly string[],
  before: readonly string[] = [],
): Foreground {
  return new Foreground([], {
    program: onTerminal([
      ...before,
      ...[helperPath(), "-n", "-p", place.export, ...args],
    ]),
  });
}

Deno.test({
  name: "The terminal hangs up: a helper in its foreground ends",
  ...needs,
  async fn() {
    using place = yard();
    const { connection, fd } = connectionPair();
    using client = new Client(connection);
    await using terminal = inTerminal(place, ["-f", String(fd)]);
    connection.closeDescriptor(fd);
    equal(client.lstat("/").errno, 0);
    terminal.kill("SIGKILL");
    equal(connection.receiveSome(1).length, 0);
    await terminal.mark.gone();
  },
});

Deno.test({
  name: "The terminal hangs up while it waits on a named socket: the name goes",
  ...needs,
  async fn() {
    using place = yard();
    await using terminal = inTerminal(place, [
      ...["-s", place.socket, "-u", "0", "-g", "0"],
    ]);
    await terminal.says(/Listening for /);
    terminal.kill("SIGKILL");
    await terminal.mark.gone();
    equal(exists(place.socket), false);
  },
});

Deno.test({
  name:
    "A helper in a session of its own, by setsid(1), serves on when the terminal hangs up",
  ...needs,
  async fn() {
    using place = yard();
    const { connection, fd } = connectionPair();
    using client = new Client(connection);
    await using terminal = inTerminal(place, ["-f", String(fd)], [
      ...["setsid", "--wait"],
    ]);
    connection.closeDescriptor(fd);
    equal(client.lstat("/").errno, 0);
    terminal.kill("SIGKILL");
    equal(client.lstat("/").errno, 0);
    equal(client.mkdir("/made", 0o700, 0, 0).errno, 0);
    client.close();
    await terminal.mark.gone();
  },
});
