import { equal } from "node:assert/strict";
import { shortList } from "../../../../src/log/quote.ts";

Deno.test("shortList() names ten items at most, and counts the others", () => {
  equal(shortList([]), "");
  const ten = [..."abcdefghij"];
  equal(shortList(ten), "a, b, c, d, e, f, g, h, i, j");
  equal(
    shortList([...ten, "k", "l"]),
    "a, b, c, d, e, f, g, h, i, j, and 2 more",
  );
});
