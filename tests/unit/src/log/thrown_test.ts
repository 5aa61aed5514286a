/** Whatever is thrown can be told in one text, and telling it throws nothing. */
import { equal, match, ok } from "node:assert/strict";
import { describeThrown } from "../../../../src/log/thrown.ts";

Deno.test("describeThrown() tells name and message", () => {
  equal(describeThrown(new Error("message")), "Error: message");
  equal(describeThrown(new RangeError("")), "RangeError: ");
});

Deno.test("describeThrown() tells causes, and the members of an aggregate", () => {
  const inner = new TypeError("inner");
  const outer = new Error("outer", {
    cause: new Error("middle", { cause: inner }),
  });
  equal(
    describeThrown(outer),
    "Error: outer (because of Error: middle (because of TypeError: inner))",
  );
  equal(
    describeThrown(new AggregateError([inner, "text"], "all")),
    "AggregateError: all (because of TypeError: inner, not an error: text)",
  );
});

Deno.test("describeThrown() comes to an end", () => {
  const circle = new Error("circle");
  circle.cause = circle;
  ok(describeThrown(circle).length < 200);
  const many = Array.from({ length: 10_000 }, () => circle);
  ok(describeThrown(new AggregateError(many, "many")).length < 20_000);
});

Deno.test("describeThrown() takes what is no error, and what resists", () => {
  equal(describeThrown(undefined), "not an error: undefined");
  equal(describeThrown("text"), "not an error: text");
  match(describeThrown({}), /^not an error: \[object Object\]$/);
  match(describeThrown(Symbol("s")), /Symbol\(s\)/);
  const resisting = new Error("x");
  Object.defineProperty(resisting, "message", {
    get: () => {
      throw new Error("no");
    },
  });
  equal(describeThrown(resisting), "something that can't be described");
  equal(
    describeThrown(Object.create(null)),
    "something that can't be described",
  );
});
