/**
 * Random requests: a small tree, few names, so that they meet.
 *
 * @module
 */
import type { Random } from "../../differential/random.ts";
import { ATTRIBUTE_STEPS } from "./attribute_steps.ts";
import { FILE_STEPS } from "./file_steps.ts";
import { NAME_STEPS } from "./name_steps.ts";
import type { Step } from "./step.ts";

const USERS = [
  { uid: 0, gid: 0 },
  { uid: 0, gid: 0 },
  { uid: 0, gid: 1000 },
  { uid: 1000, gid: 1000 },
  { uid: 1001, gid: 1000 },
  { uid: 1001, gid: 1001, group: 1000 },
] as const;
const MAKERS = [...NAME_STEPS, ...FILE_STEPS, ...ATTRIBUTE_STEPS];

interface User {
  readonly uid: number;
  readonly gid: number;
  /** One that the user is in besides. */
  readonly group?: number;
}

/** `length` steps, each by one of a few users. */
export function generate(random: Random, length: number): Step[] {
  return Array.from({ length }, () => {
    const { words, play } = random.weighted(MAKERS)(random);
    const { uid, gid, group }: User = random.pick(USERS);
    return {
      words: `${words} as ${uid}:${gid} ${group ?? ""}`,
      play: (side) => {
        side.group = group;
        return side.session.as({ uid, gid }, () => play(side));
      },
    };
  });
}
