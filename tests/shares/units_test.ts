/** What `virtfs-shares` asks of systemd, and what it makes of the answers. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { both, must, onHost, socket, THREE } from "./host.ts";

const test = testsThatNeed("root", "unshare");

const ALL = [socket("vhost", "a"), socket("proxy", "b"), socket("vhost", "c")];

test("All shares are started and stopped by one call each, as often as one likes", async () => {
  deepEqual(
    await must(`${THREE}
      for word in start start status stop stop; do virtfs-shares -f shares $word; done
      cat asked; ls /run/virtfs/shares`),
    [
      "NAME                  BY     STATE     DIRECTORY",
      "a                     vhost  waiting   /srv/a",
      'b                     proxy  waiting   /srv/b "c"',
      "c                     vhost  waiting   /srv/a",
      ...Array(2).fill(`systemctl start ${ALL.join(" ")}`),
      ...Array(2).fill(
        `systemctl stop ${both("vhost", "a")} ${both("proxy", "b")} ${
          both("vhost", "c")
        }`,
      ),
    ],
  );
});

test("The units are told of a share what stands in the file", async () => {
  const [mark, ...lines] = await must(`${THREE}
    virtfs-shares -f shares start b; cat asked virtfs/shares/b.conf
    stat -c %a virtfs virtfs/shares virtfs/shares/b.conf; ls virtfs/shares`);
  equal(mark, `systemctl start ${ALL[1]}`);
  deepEqual(lines, [
    "# By virtfs-shares, anew at each start, from /run/shares",
    "VIRTFS_PROGRAM=proxy",
    'VIRTFS_DIR="/srv/b \\"c\\""',
    'VIRTFS_OPTIONS="--map-root=alice \\"--log-level=debug \\\\\\$x \\\\\\"\\\\\\\\\\""',
    ...["755", "755", "600", "b.conf"],
  ]);
});

test("Shares can be stopped when their file has gone, and a file that never was is a mistake", async () => {
  const { code, stdout, stderr } = await onHost(`${THREE}
    virtfs-shares -f shares start a c
    rm shares; rm asked
    virtfs-shares -f wrong stop && echo well
    virtfs-shares -f shares status; virtfs-shares -f shares stop c
    virtfs-shares -f shares stop; status=$?
    cat asked; ls virtfs/shares; exit $status`);
  equal(code, 0, stderr);
  deepEqual(stdout.trimEnd().split("\n"), [
    "NAME                  BY     STATE     DIRECTORY",
    "a                     vhost  waiting   (no longer so in /run/shares)",
    "c                     vhost  waiting   (no longer so in /run/shares)",
    `systemctl stop ${both("vhost", "c")}`,
    `systemctl stop ${both("vhost", "a")}`,
  ]);
  match(
    stderr,
    /^[^\n]*Cannot read \/run\/wrong: there is no such file[^\n]*\n$/,
  );
});

test("A start and a stop at the same time wait for each other", async () => {
  const asked = await must(`${THREE}
    sed -i '2i flock --nonblock /run/virtfs/shares/.lock echo unlocked >>/run/asked' bin/systemctl
    virtfs-shares -f shares start a; virtfs-shares -f shares restart a
    virtfs-shares -f shares stop a
    cat asked`);
  const start = `systemctl start ${socket("vhost", "a")}`;
  const stop = `systemctl stop ${both("vhost", "a")}`;
  deepEqual(asked, [start, stop, start, stop]);
});

test("No user without rights can hold the lock that a start and a stop wait for", async () => {
  const asked = await must(`${THREE}
    cat >bin/try_locks <<'END'
find /run/virtfs | while read -r file; do
  code=0
  setpriv --reuid=65534 --regid=65534 --clear-groups \\
    flock --nonblock --conflict-exit-code=42 "$file" true 2>/dev/null || code=$?
  if [ $code = 42 ]; then echo "locked: $file" >>/run/asked; fi
done
END
    sed -i '2i sh /run/bin/try_locks' bin/systemctl
    virtfs-shares -f shares start a; virtfs-shares -f shares stop a
    cat asked`);
  deepEqual(asked, [
    `systemctl start ${socket("vhost", "a")}`,
    `systemctl stop ${both("vhost", "a")}`,
  ]);
});

test("Who may not read what units read hears nothing of that from status", async () => {
  const { stdout, stderr } = await onHost(`${THREE}
    virtfs-shares -f shares start
    chown 65534 virtfs/shares/*.conf
    setpriv --bounding-set=-dac_override,-dac_read_search \
      virtfs-shares -f shares status || echo $?`);
  equal(stderr, "");
  match(stdout, /^a +vhost +waiting +/m);
});

test("Help that can't be written is no reason to do what else was given", async () => {
  const { stdout } = await onHost(`${THREE}
    virtfs-shares -f shares start
    rm asked
    for option in -h --help --version; do
      virtfs-shares "$option" -f shares stop >/dev/full && echo 0
    done
    ls asked 2>/dev/null || :`);
  equal(stdout, "");
});

test("A command that there is not is the mistake that is told, with status 2", async () => {
  const { code, stderr } = await onHost(
    "rmdir /etc/virtfs; virtfs-shares sart a",
  );
  equal(code, 2);
  match(stderr, /Say what to do: list, start/);
});

test("Without systemd nothing is asked of it, and one line says what to do", async () => {
  const { stdout, stderr } = await onHost(`${THREE}
    rmdir systemd/system
    for word in start stop restart status; do
      virtfs-shares -f shares $word || echo $?
    done
    virtfs-shares -f shares --dry-run start | grep systemctl
    virtfs-shares -f shares command c
    ls asked virtfs 2>/dev/null || :`);
  match(
    stderr,
    /^([^\n]*Cannot (start|stop|restart|show the status of) shares: systemd does not run here; [^\n]*\n){4}$/,
  );
  match(
    stdout,
    /^1\n1\n1\n1\nsystemctl start [^\n]*\nmkdir [^\n]* exec [^\n]*\n$/,
  );
});

test("Shares that can't be started are named, and all others start", async () => {
  const { code, stdout, stderr } = await onHost(`${THREE}
    echo 'd vhost /srv/d' >>shares
    echo 'broken vhost /srv/a' >>shares
    : >/etc/virtfs/c.conf
    status=0
    virtfs-shares -f shares start || status=$?
    ls active
    virtfs-shares -f shares status || echo status $?
    exit $status`);
  equal(code, 1);
  deepEqual(
    stderr.trimEnd().split("\n").map((line) =>
      /: error: (.*?):/.exec(line)![1]
    ),
    ["Cannot start c", "Cannot start d", "Cannot start broken"],
  );
  deepEqual(stdout.trimEnd().split("\n").map((line) => line.trimEnd()), [
    ...[ALL[1], ALL[0]],
    "NAME                  BY     STATE     DIRECTORY",
    "a                     vhost  waiting   /srv/a",
    'b                     proxy  waiting   /srv/b "c"',
    "c                     vhost  stopped   /srv/a",
    "d                     vhost  stopped   /srv/d",
    "broken                vhost  failed    /srv/a",
    "status 1",
  ]);
});

test("What has failed too often may start again", async () => {
  deepEqual(
    await must(`${THREE}
      echo 'limited vhost /srv/a' >>shares
      virtfs-shares -f shares start a limited; ls active`),
    [ALL[0], socket("vhost", "limited")],
  );
});

test("What can't be stopped is named, and status 1", async () => {
  const { code, stderr } = await onHost(`${THREE}
    echo 'broken vhost /srv/a' >>shares
    : >"active/${socket("vhost", "broken")}"
    virtfs-shares -f shares stop`);
  equal(code, 1);
  match(stderr, /^virtfs-shares: error: Cannot stop broken: .* is active; /);
  equal(stderr.split("\n").length, 2, stderr);
});

test("A dry run changes nothing, and says what it would do", async () => {
  const lines = await must(`${THREE}
    virtfs-shares -f shares -n start a
    virtfs-shares -f shares -n stop c
    ls asked virtfs 2>/dev/null || :`);
  deepEqual(lines, [
    "write /run/virtfs/shares/a.conf:",
    "  # By virtfs-shares, anew at each start, from /run/shares",
    "  VIRTFS_PROGRAM=vhost",
    '  VIRTFS_DIR="/srv/a"',
    '  VIRTFS_OPTIONS=""',
    `systemctl start ${ALL[0]}`,
    `systemctl stop ${both("vhost", "c")}`,
    "rm -f /run/virtfs/shares/c.conf",
  ]);
});

test("What stands in the file no longer, or otherwise, is shown and stopped", async () => {
  const lines = await must(`${THREE}
    virtfs-shares -f shares start
    printf '%s\\n' 'a proxy /srv/a' 'c vhost /srv/a' >shares
    ! virtfs-shares -f shares start a 2>said
    cat said
    virtfs-shares -f shares status || :
    virtfs-shares -f shares stop
    ls active virtfs/shares`);
  deepEqual(lines, [
    "virtfs-shares: error: Cannot start a: it was started for vhost from /run/shares; stop it first, or take another name",
    "NAME                  BY     STATE     DIRECTORY",
    "a                     proxy  stopped   /srv/a",
    "c                     vhost  waiting   /srv/a",
    "a                     vhost  waiting   (no longer so in /run/shares)",
    "b                     proxy  waiting   (no longer so in /run/shares)",
    "active:",
    "",
    "virtfs/shares:",
  ]);
});

test("Shares of another file stay as they are", async () => {
  const { code, stdout, stderr } = await onHost(`${THREE}
    virtfs-shares -f shares start
    cp shares others
    virtfs-shares -f others stop b || echo "status $?"
    virtfs-shares -f others start a || echo "status $?"
    virtfs-shares -f others restart c || echo "status $?"
    cat asked`);
  equal(code, 0, stderr);
  match(stderr, /Cannot stop b: it was started from \/run\/shares\n/);
  match(stderr, /Cannot start a: it was started for vhost from \/run\/shares/);
  match(stderr, /Cannot restart c: it was started from \/run\/shares\n/);
  equal(
    stdout,
    `${"status 1\n".repeat(3)}systemctl start ${ALL.join(" ")}\n`,
  );
});

/** What makes the file, and how its path is written; others may change it. */
const CHANGED_BY_OTHERS = {
  "of another user": ["chown 1234 shares", "shares"],
  "that its group may write": ["chmod g+w shares", "/run/shares"],
  "that all may write": ["chmod o+w shares", "shares"],
  "in a user's directory": ["chown 1234:1234 users", "users/shares"],
  "in a directory that all may write": ["chmod 777 users", "users/shares"],
  "below a user's directory": [
    "mkdir users/root; mv users/shares users/root; chown 1234 users",
    "users/root/shares",
  ],
  "behind a symlink to a user's directory": [
    "chown 1234 users; ln -s users/shares link",
    "link",
  ],
  "behind a symlink in a user's directory": [
    "chown 1234 users; ln -sf ../shares users/link",
    "users/link",
  ],
  "behind a symlink on the way to another one": [
    "chown 1234 users; ln -s ../shares users/link; ln -s users/link link",
    "link",
  ],
  "behind a user's symlink": ["ln -s shares link; chown -h 1234 link", "link"],
  "behind a directory that is called as if it were missing": [
    `mkdir 'users/ - No such file'; mv users/shares 'users/ - No such file'
     chown 1234 'users/ - No such file'`,
    "users/ - No such file/shares",
  ],
  "behind a directory that is called as a terminal's command": [
    `bell=$(printf '\\033[2J'); mkdir "$bell"; mv users/shares "$bell"
     chown 1234 "$bell"; ln -s "$bell/shares" link`,
    "link",
  ],
};

for (
  const [what, [make, file]] of Object.entries(CHANGED_BY_OTHERS)
) {
  test(`A file ${what} starts and stops nothing, and is shown with a warning`, async () => {
    const { stdout, stderr } = await onHost(`${THREE}
      chmod 755 /run
      mkdir users; cp shares users
      ${make}
      for word in start stop restart; do
        virtfs-shares -f '${file}' $word && echo done
      done
      ls asked virtfs/shares 2>/dev/null || :
      for word in list status command '-n start' '-n stop'; do
        virtfs-shares -f '${file}' $word >/dev/null || :
      done`);
    equal(stdout, "virtfs/shares:\n");
    const said = stderr.trimEnd().split("\n");
    deepEqual(
      said.map((line) =>
        /^virtfs-shares: (.*?) others may change/.exec(line)?.[1]
      ),
      [
        ...["start", "stop", "restart"].map((word) =>
          `error: Cannot ${word} shares:`
        ),
        ...Array(5).fill("warning:"),
      ],
      stderr,
    );
    match(stderr, / by "[-dl][^ ]{9} [^ ]+ [^ ]+ [^"]+" of its path, and so /);
    // deno-lint-ignore no-control-regex
    doesNotMatch(stderr, /\x1b/);
  });
}

test("A file that others may replace by a sticky directory's rules is their own alone", async () => {
  await must(`${THREE}
    mkdir users; cp shares users; chmod 1777 users
    ln -s users/shares link
    virtfs-shares -f users/shares start a; virtfs-shares -f link stop a
    ! virtfs-shares -f users/none stop 2>said
    grep ': error: Cannot read /run/users/none: there is no such file' said`);
});
