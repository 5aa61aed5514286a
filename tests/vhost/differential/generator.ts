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

const USERS = [[0, 0], [0, 0], [0, 1000], [1000, 1000], [1001, 1000]] as const;
const MAKERS = [...NAME_STEPS, ...FILE_STEPS, ...ATTRIBUTE_STEPS];

/** `length` steps, each by one of a few users, or by root. */
export function generate(
  random: Random,
  length: number,
  rootOnly: boolean,
): Step[] {
  return Array.from({ length }, () => {
    const { words, play } = random.weighted(MAKERS)(random);
    const [user, gid] = random.pick(USERS);
    const uid = rootOnly ? 0 : user;
    return {
      words: `${words} as ${uid}:${gid}`,
      play: (side) => side.session.as({ uid, gid }, () => play(side)),
    };
  });
}
