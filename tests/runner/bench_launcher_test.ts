/** What the bench takes for the installed program, held against what the launcher runs. */
import { equal, match, rejects } from "node:assert/strict";
import {
  bundledLauncher,
  compiledProgram,
} from "../../scripts/bench/launcher.ts";
import { ROOT } from "../support/isolated_program.ts";
import { run } from "../support/programs.ts";
import { workspace } from "../support/workspace.ts";

const BUNDLE = "dist/vhost-helper.js", BINARY = "dist/virtfs-vhost-helper";

/** A checkout whose program says what it is. */
function checkout() {
  const place = workspace();
  const { path } = place;
  for (const directory of ["src/vhost_user_fs", "ffi", "scripts", "dist"]) {
    Deno.mkdirSync(`${path}/${directory}`, { recursive: true });
  }
  const copied = [
    "scripts/virtfs-vhost-helper",
    "scripts/find_deno.sh",
    "deno.json",
  ];
  for (const name of copied) {
    Deno.copyFileSync(`${ROOT}/${name}`, `${path}/${name}`);
  }
  Deno.writeTextFileSync(
    `${path}/src/vhost_user_fs/main.ts`,
    'console.log("sources")',
  );
  return place;
}

/** When files were changed last, by seconds of the same day. */
function date(path: string, second: number): void {
  Deno.utimeSync(path, second, second);
}

Deno.test("The bench measures the launcher where it runs the bundle, and nowhere else", async () => {
  using place = checkout();
  const { path } = place;
  const launcher = `${path}/scripts/virtfs-vhost-helper`;
  const runs = async () => {
    const { code, output } = await run([launcher, "--version"]);
    equal(code, 0, output);
    return output.trim();
  };
  const bench = () => bundledLauncher("virtfs-vhost-helper", path);

  equal(await runs(), "sources");
  await rejects(
    bench,
    /: there is no dist\/vhost-helper\.js, .*deno task bundle/,
  );

  Deno.writeTextFileSync(`${path}/${BUNDLE}`, 'console.log("bundle")');
  const main = "src/vhost_user_fs/main.ts";
  const sources = [main, "src/vhost_user_fs", "src", "ffi"];
  for (const name of sources) date(`${path}/${name}`, 1000);
  date(`${path}/${BUNDLE}`, 1000);
  equal(await runs(), "bundle");
  equal(await bench(), launcher);

  for (const name of sources) {
    date(`${path}/${name}`, 1001);
    equal(await runs(), "sources", name);
    await rejects(bench, ({ message }: Error) => {
      match(
        message,
        /^Cannot measure virtfs-vhost-helper as it is installed: /,
      );
      match(message, new RegExp(` ${name} is newer than ${BUNDLE}, `));
      return true;
    });
    date(`${path}/${name}`, 1000);
  }
});

Deno.test("The bench measures a binary unless it is of older sources", async () => {
  using place = checkout();
  const { path } = place;
  const bench = () => compiledProgram("virtfs-vhost-helper", path);
  equal(await bench(), undefined);

  Deno.writeTextFileSync(`${path}/${BINARY}`, "");
  equal(await bench(), `${path}/${BINARY}`);

  date(`${path}/${BINARY}`, 1000);
  await rejects(
    bench,
    /^Error: Cannot measure dist\/virtfs-vhost-helper: src\S* is newer .*deno task compile/,
  );
});
