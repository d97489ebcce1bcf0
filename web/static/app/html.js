// What every view draws with.

import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { h };
export const html = htm.bind(h);

const kept = new Map();

/** What was drawn last under a name, as long as all that it was drawn `of` is the same: then it is not compared again. */
export function keep(name, of, draw) {
  const last = kept.get(name);
  if (last?.of.every((x, n) => x === of[n])) return last.drawn;
  const drawn = draw();
  kept.set(name, { of, drawn });
  return drawn;
}

const isError = (result) => /^E[A-Z0-9]+$/.test(result) && !["EOF", "ESTABLISHED"].includes(result);

export const resultClass = ({ result, mark }) => `result ${mark === "bad" ? "bad" : isError(result) ? "errno" : "fine"}`;
export const resultMark = ({ result, mark }) => (mark === "bad" ? "!" : isError(result) ? "✕" : "→");

/** A time of a world: "1.002 s", "2 min 3.4 s". */
export function clock(at) {
  if (at < 60) return `${at.toFixed(3)} s`;
  return `${Math.floor(at / 60)}:${(at % 60).toFixed(1).padStart(4, "0")}`;
}
