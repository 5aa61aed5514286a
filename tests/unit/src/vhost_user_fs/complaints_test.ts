/** Warnings that a front end or a guest causes. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Complaints } from "../../../../src/vhost_user_fs/complaints.ts";

Deno.test("A connection causes a hundred warnings, and one that says so", () => {
  const lines: string[] = [];
  const log = {
    warning: (line: string) => void lines.push(`warning ${line}`),
    error: (line: string) => void lines.push(`error ${line}`),
  };
  const complaints = new Complaints(log);
  complaints.add("a bug", "error");
  for (let count = 1; count < 1000; count++) complaints.add(`${count}`);
  deepEqual(lines.slice(0, 2), ["error a bug", "warning 1"]);
  equal(lines.length, 101);
  match(lines.at(-1)!, /^warning There were 100 messages/);
  new Complaints(log).add("of another");
  equal(lines.at(-1), "warning of another");
});
