/** Sockets that a service manager passes: sd_listen_fds(3), by Debian's own systemd-socket-activate. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Client } from "../../src/proxy/client/client.ts";
import { connectTo } from "../support/connections.ts";
import { failedStart, startHelper } from "../support/helpers.ts";
import { connectAs, passingSockets } from "../support/peers.ts";
import { until } from "../support/processes.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exists, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "socket activation");
const setprivPerlTest = testsThatNeed(
  "root",
  "socket activation",
  "setpriv",
  "perl",
);
const perlTest = testsThatNeed("root", "perl");

for (const mode of ["-n", "in the background"]) {
  test(`A listening socket is accepted on, ${mode}`, async () => {
    await using helper = await startHelper({
      socket: true,
      activation: [],
      background: mode !== "-n",
    });
    equal(helper.client.mkdir("/made", 0o700, 0, 0).errno, 0);
    equal([...Deno.readDirSync(helper.directory)].length, 1);
    await helper.finish();
    await helper.mark.gone();
    // The name is systemd's to remove.
    equal(exists(helper.socket), true);
  });
}

test("An abstract socket does as well", async () => {
  const name = `@vph-test-${Deno.pid}-activated`;
  await using helper = await startHelper({ socket: name, activation: [] });
  equal(helper.client.lstat("/").errno, 0);
  await helper.finish();
});

for (const mode of ["-n", "in the background"]) {
  test(`With Accept=yes each connection has a helper of its own, ${mode}`, async () => {
    await using helper = await startHelper({
      socket: true,
      activation: ["--accept"],
      background: mode !== "-n",
    });
    using first = new Client(connectTo(helper.socket));
    using second = new Client(connectTo(helper.socket));
    equal(first.mkdir("/first", 0o700, 0, 0).errno, 0);
    equal(second.mkdir("/second", 0o700, 0, 0).errno, 0);
    equal(first.lstat("/second").errno, 0);
    first.close();
    equal(second.lstat("/first").errno, 0);
    second.close();
    await until(
      "the end of both helpers",
      () => helper.mark.pids().every((pid) => pid === helper.pid),
    );
    helper.kill("SIGTERM");
    await helper.end();
  });
}

setprivPerlTest(
  "-u says who may connect to a socket that is systemd's",
  async () => {
    await using helper = await startHelper({
      socket: true,
      activation: [],
      args: ["-u", "nobody"],
    });
    Deno.chmodSync(helper.socket, 0o666);
    equal(await connectAs(1234, 1234, helper.socket), "turned away");
    equal(await connectAs(65534, 65534, helper.socket), "served");
    const output = await helper.endWell();
    match(output, /warning: Turned away process \d+: it runs as user 1234/);
  },
);

setprivPerlTest(
  "Without -u whoever may connect to systemd's socket is served",
  async () => {
    await using helper = await startHelper({ socket: true, activation: [] });
    Deno.chmodSync(helper.socket, 0o666);
    equal(await connectAs(1234, 1234, helper.socket), "served");
    await helper.endWell();
  },
);

for (
  const [what, options, fault] of [
    ["a datagram socket", ["--datagram"], "not a stream socket"],
    ["a packet socket", ["--seqpacket"], "not a stream socket"],
  ] as const
) {
  test(`The program refuses ${what} from systemd`, async () => {
    await using helper = await startHelper({
      socket: true,
      activation: options,
    });
    await awaken(helper.socket, options[0]);
    const { code, output } = await helper.end();
    equal(code, 1);
    match(output, new RegExp(`error: Cannot use descriptor 3: ${fault}`));
    deepEqual(helper.mark.pids(), []);
  });
}

/** Sends something to a socket on which only that starts the program. */
async function awaken(path: string, type: "--datagram" | "--seqpacket") {
  const script = `use Socket;
    socket(my $s, PF_UNIX, ${
    type === "--datagram" ? "SOCK_DGRAM" : "SOCK_SEQPACKET"
  }, 0) or die;
    connect($s, sockaddr_un($ARGV[0])) or die; syswrite $s, "x" or die;`;
  equal((await run(["perl", "-e", script, path])).code, 0);
}

for (
  const [what, count, pid] of [
    ["LISTEN_PID of another process", 1, "other"],
    ["LISTEN_FDS=0", 0, "own"],
    ["LISTEN_FDS=2", 2, "own"],
  ] as const
) {
  perlTest(`With ${what} there is no socket to serve`, async () => {
    using place = exportWorkspace();
    const names = ["a", "b"].map((it) => `vph-test-${Deno.pid}-${it}`);
    for (const mode of [["-n"], []]) {
      const stderr = await failedStart({
        args: [...mode, "-p", place.export],
        wrapper: passingSockets(count, names, pid),
      });
      match(
        stderr,
        /^virtfs-proxy-helper: error: Cannot start: .*add -f FD, or -s SOCKET -u UID -g GID$/m,
      );
    }
  });
}

perlTest("-f counts, whatever systemd has passed", async () => {
  await using helper = await startHelper({
    wrapper: passingSockets(1, [`vph-test-${Deno.pid}-c`], "own"),
  });
  equal(helper.client.lstat("/").errno, 0);
  await helper.finish();
});
