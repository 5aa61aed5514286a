/** Sockets that a service manager passes: sd_listen_fds(3), by Debian's own systemd-socket-activate. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Client } from "../../src/proxy/client/client.ts";
import { connectionPair, connectTo } from "../support/connections.ts";
import { Foreground, launch } from "../support/daemon.ts";
import { helperPath } from "../support/helpers.ts";
import { connectAs, passingSockets } from "../support/peers.ts";
import { Mark, until } from "../support/processes.ts";
import { lacking } from "../support/requirements.ts";
import { exists, yard } from "../support/yard.ts";

const needs = { ignore: lacking("root", "socket activation").length > 0 };

/** systemd-socket-activate with the helper behind it, once it listens. */
async function activated(
  socket: string,
  options: readonly string[],
  args: readonly string[],
): Promise<Foreground> {
  const mark = new Mark();
  // It passes no variable on unless told to.
  const program = ["systemd-socket-activate", "-l", socket, ...options].concat(
    ["-E", `DENO=${Deno.execPath()}`, "-E", mark.entry, helperPath()],
  );
  const manager = new Foreground(args, { program, mark });
  await manager.says(/Listening on /);
  return manager;
}

for (const mode of ["-n", "in the background"]) {
  Deno.test({
    name: `A listening socket is accepted on, ${mode}`,
    ...needs,
    async fn() {
      using place = yard();
      await using manager = await activated(
        place.socket,
        [],
        ["-p", place.export, ...mode === "-n" ? ["-n"] : []],
      );
      using client = new Client(connectTo(place.socket));
      equal(client.mkdir("/made", 0o700, 0, 0).errno, 0);
      deepEqual([...Deno.readDirSync(place.export)].length, 1);
      client.close();
      equal((await manager.end()).code, 0);
      await manager.mark.gone();
      // The name is systemd's to remove.
      equal(exists(place.socket), true);
    },
  });
}

Deno.test({
  name: "An abstract socket does as well",
  ...needs,
  async fn() {
    using place = yard();
    const name = `@vph-test-${Deno.pid}-activated`;
    await using manager = await activated(name, [], ["-np", place.export]);
    using client = new Client(connectTo(name));
    equal(client.lstat("/").errno, 0);
    client.close();
    equal((await manager.end()).code, 0);
  },
});

for (const mode of ["-n", "in the background"]) {
  Deno.test({
    name: `With Accept=yes each connection has a helper of its own, ${mode}`,
    ...needs,
    async fn() {
      using place = yard();
      await using manager = await activated(
        place.socket,
        ["--accept"],
        ["-p", place.export, ...mode === "-n" ? ["-n"] : []],
      );
      using first = new Client(connectTo(place.socket));
      using second = new Client(connectTo(place.socket));
      equal(first.mkdir("/first", 0o700, 0, 0).errno, 0);
      equal(second.mkdir("/second", 0o700, 0, 0).errno, 0);
      equal(first.lstat("/second").errno, 0);
      first.close();
      equal(second.lstat("/first").errno, 0);
      second.close();
      await until(
        "the end of both helpers",
        () => manager.mark.pids().every((pid) => pid === manager.pid),
      );
      manager.kill("SIGTERM");
      await manager.end();
    },
  });
}

Deno.test({
  name: "-u says who may connect to a socket that is systemd's",
  ignore: lacking("root", "socket activation", "setpriv", "perl").length > 0,
  async fn() {
    using place = yard();
    await using manager = await activated(
      place.socket,
      [],
      ["-n", "-p", place.export, "-u", "nobody"],
    );
    Deno.chmodSync(place.socket, 0o666);
    equal(await connectAs(1234, 1234, place.socket), "turned away");
    equal(await connectAs(65534, 65534, place.socket), "served");
    const { code, output } = await manager.end();
    equal(code, 0);
    match(output, /warning: Turned away process \d+: it runs as user 1234/);
  },
});

Deno.test({
  name: "Without -u whoever may connect to systemd's socket is served",
  ignore: lacking("root", "socket activation", "setpriv", "perl").length > 0,
  async fn() {
    using place = yard();
    await using manager = await activated(place.socket, [], [
      "-np",
      place.export,
    ]);
    Deno.chmodSync(place.socket, 0o666);
    equal(await connectAs(1234, 1234, place.socket), "served");
    equal((await manager.end()).code, 0);
  },
});

for (
  const [what, options, fault] of [
    ["a datagram socket", ["--datagram"], "not a stream socket"],
    ["a packet socket", ["--seqpacket"], "not a stream socket"],
  ] as const
) {
  Deno.test({
    name: `The program refuses ${what} from systemd`,
    ...needs,
    async fn() {
      using place = yard();
      await using manager = await activated(place.socket, options, [
        "-np",
        place.export,
      ]);
      await awaken(place.socket, options[0]);
      const { code, output } = await manager.end();
      equal(code, 1);
      match(output, new RegExp(`error: Cannot use descriptor 3: ${fault}`));
      deepEqual(manager.mark.pids(), []);
    },
  });
}

/** Sends something to a socket on which only that starts the program. */
async function awaken(path: string, type: "--datagram" | "--seqpacket") {
  const script = `use Socket;
    socket(my $s, PF_UNIX, ${
    type === "--datagram" ? "SOCK_DGRAM" : "SOCK_SEQPACKET"
  }, 0) or die;
    connect($s, sockaddr_un($ARGV[0])) or die; syswrite $s, "x" or die;`;
  const { success } = await new Deno.Command("perl", {
    args: ["-e", script, path],
  }).output();
  equal(success, true);
}

for (
  const [what, count, pid] of [
    ["LISTEN_PID of another process", 1, "other"],
    ["LISTEN_FDS=0", 0, "own"],
    ["LISTEN_FDS=2", 2, "own"],
  ] as const
) {
  Deno.test({
    name: `With ${what} there is no socket to serve`,
    ignore: lacking("root", "perl").length > 0,
    async fn() {
      using place = yard();
      await using mark = new Mark();
      const names = ["a", "b"].map((it) => `vph-test-${Deno.pid}-${it}`);
      for (const mode of [["-n"], []]) {
        const { code, stdout, stderr } = await launch(
          [...mode, "-p", place.export],
          mark,
          { wrapper: passingSockets(count, names, pid) },
        );
        equal(code, 1);
        equal(stdout, "");
        match(
          stderr,
          /^virtfs-proxy-helper: error: Cannot start: .*add -f FD, or -s SOCKET -u UID -g GID$/m,
        );
        deepEqual(mark.pids(), []);
      }
    },
  });
}

Deno.test({
  name: "-f counts, whatever systemd has passed",
  ignore: lacking("root", "perl").length > 0,
  async fn() {
    using place = yard();
    const { connection, fd } = connectionPair();
    using client = new Client(connection);
    await using helper = new Foreground(
      ["-n", "-p", place.export, "-f", String(fd)],
      { wrapper: passingSockets(1, [`vph-test-${Deno.pid}-c`], "own") },
    );
    connection.closeDescriptor(fd);
    equal(client.lstat("/").errno, 0);
    client.close();
    equal((await helper.end()).code, 0);
  },
});
