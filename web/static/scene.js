// What the page shows of a lab at one moment: computed from the state, drawn by the views.

import { cut } from "./bands.js";
import { layout } from "./ladder.js";
import { momentOf, track } from "./story.js";
import { seconds } from "./api.js";

/** The scene of a state at `clock` (milliseconds, as performance.now() counts). */
export function sceneOf(state, clock) {
  const { lab, story, cursor, width } = state;
  if (!lab || !story) return null;
  const steps = lab.steps;
  const running = lab.status === "running";
  const upto = cursor === null ? reached(story, steps) : cursor;
  const worlds = [...story.worlds.values()].map((world) => worldAt(world, state, upto, clock));
  const picture = width > 0 ? layout(worlds, steps, { width, upto }) : null;
  return { worlds, picture, upto, cursor, running, total: steps.length };
}

/** The last step that any world has run. */
function reached(story, steps) {
  let n = -1;
  steps.forEach((step, i) => {
    for (const world of story.worlds.values()) if (world.results.has(step.line)) n = i;
  });
  return n;
}

function worldAt(world, state, upto, clock) {
  const { lab, cursor } = state;
  const progress = lab.progress?.[world.name] || {};
  track(world);
  const bands = cut(world, lab.steps);
  const moment = momentOf(bands, upto);
  const total = progress.total ?? lab.steps.length;
  const done = world.results.size;
  const status = done >= total && progress.status === "running" ? "done" : progress.status || lab.status;
  const since = Math.max(0, clock - state.seen) / 1000;
  const real = status === "running" && world.name === "kernel" && !lab.place;
  const told = Math.max(world.at, seconds(progress.now));
  return {
    name: world.name,
    real: world.name === "kernel",
    bands,
    moment,
    status,
    done,
    total,
    place: status === "running" ? lab.place : 0,
    why: unable(world),
    delay: seconds(lab.steps[done]?.delay),
    waits: real ? Math.max(0, seconds(progress.waiting) - since) : 0,
    now: cursor === null ? told + (real ? since : 0) : moment.at,
    longest: longest(world),
  };
}

/** The longest TIME-WAIT seen in a world: what a full ring means. */
function longest(world) {
  let most = 60;
  for (const item of world.items) {
    if (item.kind !== "sockets") continue;
    for (const row of item.rows) if (row.state === "TIME-WAIT") most = Math.max(most, seconds(row.left));
  }
  return most;
}

/** Why a world ran nothing, if it could not be made or broke down: said once, not on every line. */
function unable(world) {
  for (const result of world.results.values()) if (isUnable(result?.why)) return result.why.text;
  return "";
}

export const isUnable = (why) => ["world-unavailable", "world-failed"].includes(why?.rule);
