/**
 * Compiles the helper to one binary, with its grants inside.
 *
 * Arguments are the directories that it may export; `/` if none is given. The
 * compiler is `$DENO`, or the Deno that runs this.
 *
 * @module
 */
const OUTPUT = "dist/virtfs-proxy-helper";

const roots = Deno.args.length > 0 ? Deno.args : ["/"];
const bad = roots.find((root) => !root.startsWith("/") || root.includes(","));
if (bad !== undefined) {
  console.error(`Cannot grant ${bad}: give absolute paths without commas`);
  Deno.exit(1);
}

Deno.mkdirSync("dist", { recursive: true });
const { code } = await new Deno.Command(
  Deno.env.get("DENO") ?? Deno.execPath(),
  {
    args: [
      "compile",
      "--quiet",
      "--no-prompt",
      // It would be kept in $TMPDIR under a name that is known: whoever makes
      // that file first has root run what is in it.
      "--no-code-cache",
      "-P=helper",
      ...roots.flatMap((
        root,
      ) => [`--allow-read=${root}`, `--allow-write=${root}`]),
      "--output",
      OUTPUT,
      "src/main.ts",
    ],
  },
).spawn().status;
if (code !== 0) {
  console.error(
    `Cannot compile ${OUTPUT}: deno compile ended with status ${code}`,
  );
  Deno.exit(1);
}
console.log(`${OUTPUT} may export ${roots.join(", ")}`);
