/** Each block of the documents is run by a test, or it is said why not. */
import { deepEqual, ok } from "node:assert/strict";
import {
  type Block,
  blocksOf,
  type Claim,
  claimed,
  claimsOfTests,
  documents,
} from "./blocks.ts";
import { NOT_RUN } from "./not_run.ts";

const CLAIMS = claimsOfTests();

const key = ({ document, text }: Block) => `${document}: ${text}`;
const keys = (claims: readonly Claim[]) =>
  new Set(claims.flatMap(claimed).map(key));

for (const document of documents()) {
  Deno.test(`Each block of ${document} is run by a test, or it is said why not`, () => {
    const run = keys(CLAIMS.filter((claim) => claim.document === document));
    const excused = keys(
      NOT_RUN.filter((claim) => claim.document === document),
    );
    for (const block of blocksOf(document)) {
      ok(block.language !== "", `Say what this is in:\n${block.text}`);
      if (block.language === "text") continue;
      const [yes, no] = [run.has(key(block)), excused.has(key(block))];
      ok(yes || no, `No test runs this:\n${block.text}`);
      ok(
        !(yes && no),
        `A test runs this, so it needs no excuse:\n${block.text}`,
      );
    }
  });
}

Deno.test("Each test that runs a block, and each excuse, means one that there is", () => {
  ok(CLAIMS.length > 0);
  const all: (Claim & { readonly test?: string })[] = [...CLAIMS, ...NOT_RUN];
  deepEqual(
    all.filter((claim) =>
      !documents().includes(claim.document) || claimed(claim).length !== 1
    ),
    [],
  );
});
