/** The parent dies: with `--die-with-parent`, and without. */
import { equal, match } from "node:assert/strict";
import { Client } from "../../src/proxy/client/client.ts";
import { connectionPair } from "../support/connections.ts";
import { Foreground, launch } from "../support/daemon.ts";
import { Mark, until } from "../support/processes.ts";
import { lacking } from "../support/requirements.ts";
import { exists, yard } from "../support/yard.ts";

const needs = { ignore: lacking("root").length > 0 };

/** A shell that stays the helper's parent until it is killed. */
const PARENT = ["sh", "-c", '"$@" & wait', "sh"];

/** Far more requests than are answered from one look at the parent to the next, 20 times in a second. */
const MANY = 200_000;

interface Family extends AsyncDisposable {
  readonly client: Client;
  readonly parent: Foreground;
  /** Kills the parent and waits for its end. */
  orphan(): Promise<void>;
}

function family(directory: string, args: readonly string[]): Family {
  const { connection, fd } = connectionPair();
  const client = new Client(connection);
  const parent = new Foreground(
    ["-n", "-p", directory, "-f", String(fd), ...args],
    { wrapper: PARENT },
  );
  connection.closeDescriptor(fd);
  return {
    client,
    parent,
    async orphan() {
      parent.kill("SIGKILL");
      await until(
        "the parent's end",
        () => !parent.mark.pids().includes(parent.pid),
      );
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await parent[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  name: "Without --die-with-parent the helper serves on",
  ...needs,
  async fn() {
    using place = yard();
    await using all = family(place.export, []);
    equal(all.client.lstat("/").errno, 0);
    await all.orphan();
    equal(all.client.mkdir("/made", 0o700, 1000, 1000).errno, 0);
    all.client.close();
    await all.parent.mark.gone();
    match((await all.parent.end()).output, /info: The peer closed the connect/);
  },
});

for (
  const [when, act] of [
    ["when nothing was asked yet but the root", () => {}],
    [
      // The first change of the fsuid is what the kernel forgets PR_SET_PDEATHSIG at.
      "after a CREATE for a user",
      (client: Client) => {
        const { value } = client.create("/file", 0o102, 0o600, 1000, 1000);
        client.connection.closeDescriptor(value!);
        equal(client.mkdir("/dir", 0o700, 0, 1000).errno, 0);
      },
    ],
  ] as const
) {
  Deno.test({
    name: `With --die-with-parent the helper ends with its parent, ${when}`,
    ...needs,
    async fn() {
      using place = yard();
      await using all = family(place.export, ["--die-with-parent"]);
      equal(all.client.lstat("/").errno, 0);
      act(all.client);
      await all.orphan();
      equal(all.client.connection.receiveSome(1).length, 0);
      await all.parent.mark.gone();
      match(
        (await all.parent.end()).output,
        /info: The parent process has ended: ending\n/,
      );
    },
  });
}

Deno.test({
  name: "With --die-with-parent the helper ends while requests keep coming",
  ...needs,
  async fn() {
    using place = yard();
    await using all = family(place.export, ["--die-with-parent"]);
    equal(all.client.lstat("/").errno, 0);
    await all.orphan();
    let answered = 0;
    try {
      while (answered < MANY) {
        equal(all.client.lstat("/").errno, 0);
        answered++;
      }
    } catch {
      // The connection has ended.
    }
    equal(answered < MANY, true, "the helper has not seen the parent's end");
    await all.parent.mark.gone();
  },
});

Deno.test({
  name:
    "With --die-with-parent a helper that waits on a named socket removes the name",
  ...needs,
  async fn() {
    using place = yard();
    await using parent = new Foreground(
      ["-n", "-p", place.export, "-s", place.socket, "-u0", "-g0"].concat(
        ["--die-with-parent"],
      ),
      { wrapper: PARENT },
    );
    await parent.says(/Listening for /);
    parent.kill("SIGKILL");
    await parent.mark.gone();
    equal(exists(place.socket), false);
  },
});

Deno.test("In the background --die-with-parent is refused, as the parent is gone at once", async () => {
  using place = yard();
  await using mark = new Mark();
  const { code, stderr } = await launch(
    ["-p", place.export, "-f", "3", "--die-with-parent"],
    mark,
  );
  equal(code, 1);
  match(stderr, /error: Cannot use --die-with-parent without -n/);
});
