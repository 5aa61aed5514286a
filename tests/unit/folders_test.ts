/** No folder imports itself by way of others, not for a type either. CI looks at files. */
import { deepEqual, ok } from "node:assert/strict";
import { dirname, join } from "node:path";

const ROOT = new URL("../..", import.meta.url).pathname;

/** The files that each file imports, by paths from the root of the sources. */
const IMPORTS = new Map(
  ["ffi", "scripts", "src"].flatMap(sources).map((path) => [
    path,
    [...Deno.readTextFileSync(ROOT + path).matchAll(/ from "(\.[^"]+)";/g)]
      .map(([, name]) => join(dirname(path), name!)),
  ]),
);

function sources(folder: string): string[] {
  return [...Deno.readDirSync(ROOT + folder)].flatMap(
    ({ name, isDirectory }) => {
      const path = `${folder}/${name}`;
      return isDirectory ? sources(path) : path.endsWith(".ts") ? [path] : [];
    },
  );
}

/** The folder right below `parent` that a file is in, undefined where it is in none. */
function folderBelow(parent: string, path: string): string | undefined {
  if (!path.startsWith(parent)) return undefined;
  const [folder, rest] = path.slice(parent.length).split("/", 2);
  return rest === undefined ? undefined : folder;
}

/** Imports between folders right below `parent`, by which folders import themselves: `from -> to`. */
function circles(parent: string): string[] {
  let imports = [...IMPORTS].flatMap(([from, all]) =>
    all.map((to) => ({
      text: `${from} -> ${to}`,
      from: folderBelow(parent, from),
      to: folderBelow(parent, to),
    }))
  ).filter(({ from, to }) =>
    from !== undefined && to !== undefined && from !== to
  );
  // Takes away imports of a folder that imports none, and by one that none imports, until there is no such.
  for (let before = -1; before !== imports.length;) {
    before = imports.length;
    const importing = new Set(imports.map(({ from }) => from));
    const imported = new Set(imports.map(({ to }) => to));
    imports = imports.filter(({ from, to }) =>
      importing.has(to) && imported.has(from)
    );
  }
  return imports.map(({ text }) => text);
}

const PARENTS = new Set(
  [...IMPORTS.keys()].flatMap((path) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_, at) =>
      parts.slice(0, at).map((part) => `${part}/`).join("")
    );
  }),
);

for (const parent of PARENTS) {
  Deno.test(`No folder in ${parent || "the checkout"} imports itself by way of others`, () => {
    deepEqual(circles(parent), []);
  });
}

Deno.test("Imports between folders are found", () => {
  const found = IMPORTS.get("src/run.ts")!;
  ok(found.includes("src/jail/jail.ts") && found.includes("ffi/libc.ts"));
});
