// What the page shows of a lab: computed from the state, drawn by the views.

import { cut } from "./bands.js";
import { beatsOf, momentsOf } from "./beats.js";
import { identify } from "./identity.js";
import { layout } from "./layout.js";
import { axisOf } from "./axis.js";
import { snapshots } from "./story.js";
import { seconds } from "../app/api.js";

/** How many worlds a stage of a width can show side by side. */
export const roomFor = (width) => (width >= 620 ? 2 : 1);

/** The worlds of a lab that a stage of a width shows: those picked, else the first and the kernel. */
export function shownWorlds(names, picked, width) {
  const room = roomFor(width);
  const wanted = picked.filter((name) => names.includes(name));
  const order = [...new Set([...wanted, names[0], ...names.filter((n) => n.startsWith("kernel")), ...names])];
  const shown = order.slice(0, room);
  return names.filter((name) => shown.includes(name));
}

/** A function that computes scenes, and computes again only what has changed. */
export function sceneMaker() {
  let last = { of: [] };
  return (state, clock, measure) => {
    const { lab, story, width, picked } = state;
    if (!lab || !story) return null;
    const of = [story, story.last, lab.steps, width, picked, measure];
    if (!last.of.every((x, n) => x === of[n]) || last.of.length === 0) last = { of, built: build(state, measure) };
    return at(last.built, state, clock);
  };
}

function build({ lab, story, width, picked }, measure) {
  const shown = shownWorlds(lab.worlds, picked, width || 1000);
  const worlds = [...story.worlds.values()];
  for (const world of worlds) identify(world);
  const order = [...shown.map((name) => story.worlds.get(name)), ...worlds.filter((w) => !shown.includes(w.name))];
  const all = order.map((world) => cut(world, lab.steps).map((band) => beatsOf(band, world)));
  const moments = momentsOf(all, lab.steps);
  const snaps = new Map(order.map((world, i) => [world.name, snapshots(moments.map((m) => m.beats[i]))]));
  const picture = width > 0 ? layout(order.slice(0, shown.length), moments, lab.steps, { width, measure }) : null;
  return { shown, order, moments, snaps, picture, axis: axisOf(moments.map((m) => m.at)) };
}

function at(built, state, clock) {
  const { lab, cursor } = state;
  const total = built.moments.length;
  const moment = cursor === null ? total - 1 : Math.min(cursor, total - 1);
  const n = built.moments[moment]?.n ?? -1;
  const worlds = [...state.story.worlds.values()].map((world) => worldAt(world, built, state, moment, clock));
  return { ...built, moment, upto: n, total, running: lab.status === "running", worlds, visible: worlds.filter((w) => built.shown.includes(w.name)) };
}

function worldAt(world, { snaps }, state, m, clock) {
  const { lab, cursor } = state;
  const progress = lab.progress?.[world.name] || {};
  const moment = m >= 0 ? snaps.get(world.name)[m] : { at: 0, ends: new Map(), tables: {} };
  const total = progress.total ?? lab.steps.length;
  const done = world.results.size;
  const status = done >= total && progress.status === "running" && !lab.live ? "done" : progress.status || lab.status;
  const real = status === "running" && world.name.startsWith("kernel") && !lab.place && !lab.live;
  const since = Math.max(0, clock - state.seen) / 1000;
  const told = Math.max(world.at, seconds(progress.now) - (world.start ?? 0));
  return {
    name: world.name,
    moment,
    status,
    done,
    total,
    place: status === "running" ? lab.place : 0,
    why: unable(world),
    delay: seconds(lab.steps[done]?.delay),
    waits: real ? Math.max(0, seconds(progress.waiting) - since) : 0,
    now: cursor === null ? Math.max(0, told) + (real ? since : 0) : moment.at,
  };
}

/** Why a world ran nothing, if it could not be made or broke down: said once, not on every line. */
function unable(world) {
  for (const result of world.results.values()) if (isUnable(result?.why)) return result.why.text;
  return "";
}

export const isUnable = (why) => ["world-unavailable", "world-failed"].includes(why?.rule);

/** The first moment of a step. */
export const firstOf = (moments, n) => moments.findIndex((m) => m.n === n);

/** The last moment of a step. */
export const lastOf = (moments, n) => moments.findLastIndex((m) => m.n === n);
