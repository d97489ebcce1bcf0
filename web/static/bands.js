// A story cut into bands, one a step of the script, so that several worlds lie side by side:
// what a step set off stands beside what the same step set off elsewhere.

import { seconds } from "./api.js";

// A segment, or its answer, is under way for milliseconds; what comes later than this after a
// step, in a wait that the script asked for, belongs to the wait and not to the step.
const aftermath = 0.5;

/** The items of a world, one array a step. Every item carries `band`, the index of its step. */
export function cut(world, steps) {
  const index = new Map(steps.map((step, n) => [step.line, n]));
  const bands = steps.map(() => []);
  const put = (n, item) => bands[Math.max(0, Math.min(n, bands.length - 1))]?.push(item);
  let done = -1; // the last step that has ended
  let ended = 0; // when it did
  let open = []; // items since
  for (const item of world.items) {
    if (item.line && item.kind !== "step") {
      put(index.get(item.line) ?? done, item);
      continue;
    }
    if (item.kind !== "step") {
      open.push(item);
      continue;
    }
    const n = index.get(item.step.line);
    if (n === undefined) continue;
    const split = splitAt(open, steps[n], ended);
    open.slice(0, split).forEach((it) => put(isWait(it, steps[n], ended) ? n : done, it));
    open.slice(split).forEach((it) => put(n, it));
    const ran = item.step.results?.[world.name]?.result !== "not run";
    const start = ran && split < open.length ? Math.min(open[split].at, item.at) : item.at;
    put(n, { ...item, at: ran ? start : ended, ended: item.at });
    open = [];
    done = n;
    if (ran) ended = item.at;
  }
  open.forEach((it) => put(isWait(it, steps[done + 1], ended) ? done + 1 : done, it));
  return bands.map((band) => inOrder(band));
}

/** Where in the items that lie between two steps the later step begins to show. */
function splitAt(items, step, ended) {
  const delay = seconds(step.delay);
  if (delay > 0.005) {
    const from = ended + delay - 0.001;
    const n = items.findIndex((it) => it.at >= from);
    return n < 0 ? items.length : n;
  }
  const n = items.findIndex((it) => sets(it, step));
  return n < 0 ? items.length : n;
}

/** Whether an item is the mark of a step beginning: a call by its actor, or the first segment of one. */
function sets(item, step) {
  if (item.kind === "state") {
    return item.entry.host === step.actor && !/^(rcv |.*time ?out|.*timer|.*expire)/i.test(item.entry.event);
  }
  if (item.kind !== "segment") return false;
  if (item.flight.forged) return step.actor === "wire";
  return item.flight.from === step.actor && item.flight.flags.includes("SYN") && /^connect\b/.test(step.text);
}

function isWait(item, step, ended) {
  return step !== undefined && seconds(step.delay) > 2 * aftermath && item.at > ended + aftermath;
}

function inOrder(band) {
  return band.sort((a, b) => a.at - b.at || rank(a) - rank(b) || a.id - b.id);
}

// At one instant the call comes before what it sets off.
const rank = (item) => (item.kind === "step" ? 0 : 1);
