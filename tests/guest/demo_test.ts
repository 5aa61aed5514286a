/** The demo that leaves a person at a shell in a guest. */
import { equal, match } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("qemu", "kernel", "busybox");
const rootTest = testsThatNeed("root", "qemu", "kernel", "busybox");
const unshareTest = testsThatNeed("root", "unshare");

const DEMO = [
  ...[Deno.execPath(), "run", "-q", "--no-prompt", "-P=tools"],
  new URL("../../scripts/demo_qemu.ts", import.meta.url).pathname,
];
const ROOT = new URL("../..", import.meta.url).pathname;

for (const options of [[], ["--virtiofs"]]) {
  rootTest(
    `the demo leaves a person at a shell in the share and ends with it ${options}`,
    async () => {
      using place = workspace();
      Deno.writeTextFileSync(`${place.path}/from-the-host`, "seen\n");
      // A terminal of its own, as the demo insists on one.
      const child = new Deno.Command("script", {
        args: [
          "-qefc",
          [...DEMO, ...options, place.path].join(" "),
          "/dev/null",
        ],
        cwd: ROOT,
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const screen = child.stdout.pipeThrough(new TextDecoderStream());
      const person = child.stdin.getWriter();
      let seen = "";
      let typed = false;
      for await (const text of screen) {
        seen += text;
        if (typed || !/guest:\S+# /.test(seen)) continue;
        typed = true;
        await person.write(
          new TextEncoder().encode(
            "cat from-the-host; echo by the guest > made; chown 7:8 made; " +
              "grep share /proc/mounts; exit\n",
          ),
        );
      }
      await person.close();
      equal((await child.status).code, 0, seen);
      match(seen, /\/mnt\/share is .* of the host/);
      match(seen, /\nseen\r/);
      match(seen, options.length > 0 ? /share virtiofs rw/ : /share 9p rw/);
      equal(Deno.readTextFileSync(`${place.path}/made`), "by the guest\n");
      const { uid, gid } = Deno.statSync(`${place.path}/made`);
      equal(`${uid}:${gid}`, "7:8");
    },
  );
}

unshareTest(
  "the demo says which packages would bring the missing parts",
  async () => {
    // Nothing is in /boot, of this process alone.
    const { code, stderr } = await new Deno.Command("unshare", {
      args: [
        ...["--mount", "sh", "-c"],
        'mount -t tmpfs none /boot && exec "$@"',
        "sh",
        ...DEMO,
      ],
      cwd: ROOT,
      stdin: "null",
    }).output();
    equal(code, 1);
    match(
      new TextDecoder().decode(stderr),
      /apt-get install .*linux-image-amd64\n/,
    );
  },
);

test("the demo wants a terminal, and says how to have one", async () => {
  const [program, ...args] = DEMO;
  const { code, stderr } = await new Deno.Command(program!, {
    args,
    cwd: ROOT,
    stdin: "null",
  }).output();
  equal(code, 1);
  match(
    new TextDecoder().decode(stderr),
    /stdin or stdout is not a terminal; run it in one, without pipes, or as script -qec '.*' \/dev\/null\n/,
  );
});

test("the demo refuses to share what is not a directory", async () => {
  const { stdout, code } = await new Deno.Command("script", {
    args: ["-qefc", [...DEMO, "/etc/passwd"].join(" "), "/dev/null"],
    cwd: ROOT,
    stdin: "null",
  }).output();
  equal(code, 1);
  match(
    new TextDecoder().decode(stdout),
    /Cannot share \/etc\/passwd: it is not a directory/,
  );
});
