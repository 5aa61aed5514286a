/** What the documents link to is installed with them. */
import { deepEqual, ok } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { brokenLinks } from "./links.ts";
import { below, copy, make } from "./support.ts";

const test = testsThatNeed("make");

test("No document that is installed has a link that leads to nothing", async () => {
  using checkout = copy("sources");
  const root = `${checkout.path}/root`;
  await make(
    checkout.path,
    ...["install-shared", `DESTDIR=${root}`, "PREFIX=/usr"],
  );
  const documents = `${root}/usr/share/doc/virtfs`;
  ok(below(documents).includes("/docs/README.md"));
  deepEqual(brokenLinks(documents), []);
});
