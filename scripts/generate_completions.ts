/**
 * Writes the shell completions, which are made from the option table.
 *
 * @module
 */
import { DIRECTORY, FILES } from "./completions/files.ts";

for (const [name, text] of Object.entries(FILES)) {
  const path = `${DIRECTORY}/${name}`;
  Deno.writeTextFileSync(path, text);
  console.log(path);
}
