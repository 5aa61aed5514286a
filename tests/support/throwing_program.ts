/**
 * A program with a fault in each of its modules: a request with `throw.N.HOW!`
 * in it, as a name or as a piece of a path, has module N throw.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import { PROGRAMS } from "../../scripts/dist.ts";
import { printed } from "./processes.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** In which form the program is run, as the launcher has it. */
export type Form = "sources" | "bundle" | "binary";

/** What is thrown: by V8 and by us, wrapped or not, and what is no error at all. */
export const WAYS = {
  error: 'throw new Error("thrown")',
  wrapped:
    'throw new Error("thrown", { cause: new Error("a", { cause: new TypeError("b") }) })',
  aggregate:
    'throw new AggregateError([new Error("a"), new Error("b")], "thrown")',
  object: 'throw { toString: () => "thrown" }',
  nothing: "throw undefined",
  resisting:
    'throw Object.defineProperty(new Error(), "message", { get() { throw new Error("no"); } })',
  type: "(undefined as any).thrown()",
  stack: "const down = (n: number): number => 1 + down(n + 1); down(0)",
  memory: "new Uint8Array(2 ** 53 - 1)",
  syntax: 'BigInt("thrown")',
  json: 'JSON.parse("thrown")',
} as const;

/** By program: the module that calls the handlers, where it can throw, and what it knows of the request there. */
const PLACES = {
  "virtfs-proxy-helper": {
    module: "src/proxy/dispatch.ts",
    before: "  try {\n",
    request: "context.request.payload",
  },
  "virtfs-vhost-helper": {
    module: "src/vhost_user_fs/fuse_server.ts",
    before: "      try {\n",
    request: "(message.fetch(request.memory, message.readableSize), " +
      "request.memory.bytes.subarray(0, message.readableSize))",
  },
} as const;

type ProgramName = keyof typeof PLACES;

/** As scripts/compile.ts does; the base of a binary can be had for this version. */
const COMPILE = [
  ...["--yes", "deno@2.7.11", "compile", "--quiet", "--no-prompt"],
  ...["--no-code-cache", "-P=helper", "--allow-read=/", "--allow-write=/"],
  "--output",
];

/** A program in a directory of its own. */
interface ThrowingProgram {
  /** What starts it. */
  readonly command: string;
  /** Its modules, by the number that has them throw. */
  readonly modules: readonly string[];
}

/** Makes the program in `directory`. */
export async function makeThrowing(
  directory: string,
  form: Form,
  program: ProgramName = "virtfs-proxy-helper",
): Promise<ThrowingProgram> {
  const { main, bundle } = PROGRAMS.find(({ name }) => name === program)!;
  const launcher = `scripts/${program}`;
  const binary = `dist/${program}`;
  const names = await modulesOf(main);
  for (
    const name of [
      ...names,
      "deno.json",
      launcher,
      "scripts/find_deno.sh",
    ]
  ) {
    const path = `${directory}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(`${ROOT}${name}`, path);
  }
  for (const [at, name] of names.entries()) {
    const ways = Object.entries(WAYS).map(([how, statement]) =>
      `case ${JSON.stringify(how)}: ${statement}; break;`
    ).join("\n");
    Deno.writeTextFileSync(
      `${directory}/${name}`,
      `\nexport function throw${at}(how: string): void { switch (how) {\n${ways}\n} }\n`,
      { append: true },
    );
  }
  const imports = names.map((name, at) =>
    `import { throw${at} } from "../${name}";`
  );
  Deno.writeTextFileSync(
    `${directory}/src/throwing.ts`,
    `${imports.join("\n")}
    const all = [${names.map((_, at) => `throw${at}`).join()}];
    /** Throws if the request asks for it. */
    export function throwIfAsked(payload: Uint8Array): void {
      let text = "";
      for (const byte of payload) text += String.fromCharCode(byte);
      const [, number, how] = /throw\\.(\\d+)\\.(\\w+)!/.exec(text) ?? [];
      if (how !== undefined) all[Number(number)]!(how);
    }`,
  );
  const { module, before, request } = PLACES[program];
  const text = Deno.readTextFileSync(`${directory}/${module}`);
  const faulty = text.replace(before, `${before}throwIfAsked(${request});\n`);
  ok(faulty !== text, `${module} has no try to throw in`);
  const up = "../".repeat(module.split("/").length - 1);
  Deno.writeTextFileSync(
    `${directory}/${module}`,
    `import { throwIfAsked } from "${up}src/throwing.ts";\n${faulty}`,
  );
  if (form === "bundle") {
    await printed(
      [Deno.execPath(), "bundle", "-q", "-o", `dist/${bundle}`, main],
      { cwd: directory },
    );
    for (const name of ["src", "ffi"]) {
      Deno.removeSync(`${directory}/${name}`, { recursive: true });
    }
  }
  if (form === "binary") {
    await printed(["npx", ...COMPILE, binary, main], { cwd: directory });
    return { command: `${directory}/${binary}`, modules: names };
  }
  return {
    command: `${directory}/${launcher}`,
    modules: names,
  };
}

/** The modules of a program of this checkout, from its top. */
async function modulesOf(program: string): Promise<string[]> {
  const { modules } = JSON.parse(
    await printed([Deno.execPath(), "info", "--json", program], { cwd: ROOT }),
  ) as { modules: { local: string }[] };
  return modules.map(({ local }) => local.slice(ROOT.length)).sort();
}
