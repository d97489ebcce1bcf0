// A story cut into bands, one a step of the script, so that several worlds lie side by side:
// what a step set off stands beside what the same step set off elsewhere.
//
// The order of a story is that in which its world told it. Times decide only where a wait is.

import { seconds } from "./api.js";

// A segment, or its answer, is under way for milliseconds; what comes later than this after a
// step, in a wait that the script asked for, belongs to the wait and not to the step.
const aftermath = 0.5;

/** The items of a world in one array a step. Steps of one instant ("&") share the band of the first. */
export function cut(world, steps) {
  const heads = []; // of each step, the step whose band it is in
  steps.forEach((step, n) => heads.push(step.same && n > 0 ? heads[n - 1] : n));
  const index = new Map(steps.map((step, n) => [step.line, n]));
  const bands = steps.map(() => []);
  const put = (n, item) => bands[heads[Math.max(0, Math.min(n, steps.length - 1))]]?.push(item);
  let done = -1; // the last step that has ended
  let ended = 0; // when it did
  let open = []; // items since
  for (const item of world.items) {
    const n = item.kind === "step" ? index.get(item.step.line) : undefined;
    if (n === undefined) {
      open.push(item);
      continue;
    }
    const group = steps.filter((_, m) => heads[m] === heads[n]);
    const ran = item.step.results?.[world.name]?.result !== "not run";
    const split = heads[n] === heads[done] ? 0 : splitAt(open, steps[heads[n]], group, ended);
    open.slice(0, split).forEach((it) => put(isWait(it, steps[n], ended) ? n : done, it));
    const start = ran && split < open.length ? Math.min(open[split].at, item.at) : item.at;
    put(n, { ...item, at: ran ? start : ended });
    open.slice(split).forEach((it) => put(n, it));
    open = [];
    done = n;
    if (ran) ended = item.at;
  }
  open.forEach((it) => put(isWait(it, steps[done + 1], ended) ? done + 1 : done, it));
  return bands.map(callsFirst);
}

/** Where in the items that lie between two steps the later step begins to show. */
function splitAt(items, step, group, ended) {
  const delay = seconds(step.delay);
  const begins = delay > 0.005 ? (it) => it.at >= ended + delay - 0.001 : (it) => group.some((s) => sets(it, s));
  const n = items.findIndex(begins);
  return n < 0 ? items.length : n;
}

/** Whether an item is the mark of a step beginning: a call by its actor, or the first segment of one. */
function sets(item, step) {
  if (item.kind === "state") {
    return item.entry.host === step.actor && !/^rcv |timeout|expire/i.test(item.entry.event);
  }
  if (item.kind !== "segment") return false;
  const { from, flags, len, forged } = item.flight;
  if (forged) return step.actor === "wire";
  if (from !== step.actor) return false;
  switch (/^\w+/.exec(step.text)?.[0]) {
    case "connect":
      return flags.includes("SYN") && !flags.includes("ACK");
    case "send":
      return len > 0;
    case "close":
    case "shutdown":
    case "abort":
    case "exit":
      return flags.includes("FIN") || flags.includes("RST");
  }
  return false;
}

function isWait(item, step, ended) {
  return step !== undefined && seconds(step.delay) > 2 * aftermath && item.at > ended + aftermath;
}

/** The calls of one instant stand together, before what they set off; what a wait brought comes before them. */
function callsFirst(band) {
  const first = band.findIndex((it) => it.kind === "step");
  if (first < 0) return band;
  const calls = band.filter((it) => it.kind === "step");
  const rest = (it) => it.kind !== "step";
  return [...band.slice(0, first).filter(rest), ...calls, ...band.slice(first).filter(rest)];
}
