/** systemd's units: what they start, and what systemd's own tools think of them. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { parseArguments, type ServeCommand } from "../../src/cli/arguments.ts";
import { parseArguments as parseVhostArguments } from "../../src/vhost_user_fs/cli/arguments.ts";
import { CAPABILITIES } from "../../src/vhost_user_fs/cli/capabilities.ts";
import { helperPath, ORIGINAL } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { HELPER } from "../vhost/support/helper.ts";
import { lines, ROOT } from "../docs/commands.ts";

const test = testsThatNeed("systemd");

/** A program's socket and service. */
const unitsOf = (program: string) =>
  ["socket", "service"].map((type) => {
    const name = `${program}@.${type}`;
    const text = Deno.readTextFileSync(`${ROOT}/contrib/systemd/${name}`);
    return { name, text };
  });

const UNITS = unitsOf("virtfs-proxy-helper");
const EXECUTABLE = "/usr/libexec/virtfs-proxy-helper";
const VHOST_UNITS = unitsOf("virtfs-vhost-helper");
const VHOST_EXECUTABLE = "/usr/libexec/virtfs-vhost-helper";

/** The arguments of a service's program, where no file says more. */
function argumentsOf(service: string, executable: string): string[] {
  const text = service.replaceAll("\\\n", "");
  const command = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? "";
  ok(/^Environment="VIRTFS_DIR=%f" VIRTFS_OPTIONS=$/m.test(service));
  const [program, ...args] = command.replace("${VIRTFS_DIR}", "%f")
    .replace(/ \$VIRTFS_OPTIONS$/, "").split(/ +/);
  equal(program, executable);
  return args;
}

Deno.test("The service calls the program as it wants to be called", () => {
  const args = argumentsOf(UNITS[1]!.text, EXECUTABLE);
  const { kind, ...rest } = parseArguments(args);
  equal(kind, "serve");
  const { path, source, foreground, metrics } = rest as ServeCommand;
  deepEqual({ path, source, foreground, file: metrics.metricsFile }, {
    path: "%f",
    source: { kind: "passed" },
    foreground: true,
    file: "/run/virtfs/metrics/virtfs-proxy-helper-%i.prom",
  });
});

Deno.test("The service for virtiofs calls its program as it wants to be called", () => {
  const args = argumentsOf(VHOST_UNITS[1]!.text, VHOST_EXECUTABLE);
  const command = parseVhostArguments(args);
  if (command.kind !== "serve") throw new Error(command.kind);
  const { path, source, notes } = command;
  deepEqual({ path, source, notes }, {
    path: "%f",
    source: { kind: "descriptor", fd: 3, mayListen: true },
    notes: [],
  });
});

Deno.test("What QEMU's file for libvirt names is the program, with the features that it says it has", () => {
  const { features, ...others } = CAPABILITIES;
  const { description, binary, ...rest } = JSON.parse(
    Deno.readTextFileSync(
      `${ROOT}/contrib/qemu/60-virtfs-vhost-helper.json`,
    ),
  );
  equal(typeof description, "string");
  equal(binary, VHOST_EXECUTABLE);
  // libvirt asks the program for its features.
  deepEqual(rest, others);
  ok(features.length > 0);
});

Deno.test("No unit starts QEMU's own helper, wherever it is installed", () => {
  for (const { text } of [...UNITS, ...VHOST_UNITS]) {
    for (const [, line = ""] of text.matchAll(/^(Exec.*)$/gm)) {
      equal(line.includes(ORIGINAL), false, line);
      equal(/\/(lib|lib64|lib32|libexec)\/qemu\//.test(line), false, line);
    }
  }
});

test("systemd finds no fault with the units", async () => {
  using directory = workspace();
  const units = [...UNITS, ...VHOST_UNITS];
  for (const { name, text } of units) {
    // The program has to exist, and there is ours where it was not installed.
    Deno.writeTextFileSync(
      `${directory.path}/${name}`,
      text.replace(EXECUTABLE, helperPath())
        .replace(VHOST_EXECUTABLE, HELPER),
    );
  }
  deepEqual(
    await lines("systemd-analyze", [
      "verify",
      "--man=no",
      ...units.map(({ name }) => `${directory.path}/${name}`),
    ]),
    [],
  );
});

for (const program of ["virtfs-proxy-helper", "virtfs-vhost-helper"]) {
  test(`systemd has little to say against the hardening of ${program}@.service`, async () => {
    // Ends well where the score is at most 4.0 of 10, of which less is better.
    const path = `${ROOT}/contrib/systemd/${program}@.service`;
    const said = await lines("systemd-analyze", [
      ...["security", "--offline=yes", "--threshold=40", "--no-pager", path],
    ]);
    ok(said.some((line) => line.includes("Overall exposure level")));
  });
}
