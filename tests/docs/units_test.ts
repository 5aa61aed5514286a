/** The examples of systemd's units. */
import { deepEqual, equal } from "node:assert/strict";
import { parseArguments, type ServeCommand } from "../../src/cli/arguments.ts";
import { helperPath, ORIGINAL } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { lines, ROOT } from "./commands.ts";
import { displays, plain } from "./manual.ts";

const test = testsThatNeed("systemd");

const UNITS = ["socket", "service"].map((type) => {
  const name = `virtfs-proxy-helper@.${type}`;
  const text = Deno.readTextFileSync(`${ROOT}/contrib/systemd/${name}`);
  return { name, text };
});
const EXECUTABLE = "/usr/libexec/virtfs-proxy-helper";

for (const { name, text } of UNITS) {
  Deno.test(`The manual page shows ${name} as it is`, () => {
    equal(displays().map(plain).includes(text.trimEnd()), true);
  });
}

Deno.test("The service calls the program as it wants to be called", () => {
  const command = /^ExecStart=(.*)$/m.exec(UNITS[1]!.text)?.[1] ?? "";
  const [program, ...args] = command.split(" ");
  equal(program, EXECUTABLE);
  const { kind, ...rest } = parseArguments(args);
  equal(kind, "serve");
  const { path, source, foreground } = rest as ServeCommand;
  deepEqual({ path, source, foreground }, {
    path: "%f",
    source: { kind: "passed" },
    foreground: true,
  });
});

Deno.test("No unit starts QEMU's own helper, wherever it is installed", () => {
  for (const { text } of UNITS) {
    for (const [, line = ""] of text.matchAll(/^(Exec.*)$/gm)) {
      equal(line.includes(ORIGINAL), false, line);
      equal(/\/(lib|lib64|lib32|libexec)\/qemu\//.test(line), false, line);
    }
  }
});

test("systemd finds no fault with the units", async () => {
  using directory = workspace();
  for (const { name, text } of UNITS) {
    // The program has to exist, and there is ours where it was not installed.
    Deno.writeTextFileSync(
      `${directory.path}/${name}`,
      text.replace(EXECUTABLE, helperPath()),
    );
  }
  deepEqual(
    await lines("systemd-analyze", [
      "verify",
      "--man=no",
      ...UNITS.map(({ name }) => `${directory.path}/${name}`),
    ]),
    [],
  );
});
