// The wire as an object: a segment of the film is lost, comes later or comes twice. The story forks before
// the line that sends it, a line for the wire goes in, and the rest of the script runs again.

import { html } from "../app/html.js";
import { post } from "../app/api.js";

export const fates = ["lost", "later", "twice"];

/** What a script calls a segment: SYN, SYN+ACK, FIN, RST, DATA or a bare ACK. */
export function kindOf({ flags, len }) {
  if (flags.includes("SYN")) return flags.includes("ACK") ? "SYN+ACK" : "SYN";
  if (flags.includes("RST")) return "RST";
  if (flags.includes("FIN")) return "FIN";
  return len > 0 ? "DATA" : "ACK";
}

/** The step that sends a segment, and which of its kind it is there, from 1; null if no step sends it. */
export function placeOf(world, flight, steps) {
  const first = world.items.find((i) => i.kind === "segment" && i.flight.id === flight.id);
  const n = steps.findIndex((s) => s.line === first?.line);
  if (n < 0 || flight.forged || flight.from === flight.to) return null;
  const alike = [...world.flights.values()].filter((f) => {
    const item = world.items.find((i) => i.kind === "segment" && i.flight.id === f.id);
    return item?.line === first.line && f.id <= flight.id && f.from === flight.from && kindOf(f) === kindOf(flight);
  });
  let from = n;
  while (from > 0 && steps[from].same) from--; // lines of one instant stay together
  return { n: from, nth: alike.length };
}

/** The line for the wire; "" where the language has none: only a loss can wait for the N-th. */
export function lineFor(fate, flight, nth) {
  const what = `${flight.from} ${kindOf(flight)}`;
  if (fate === "lost") return `+0 wire drop ${what}${nth > 1 ? ` nth ${nth}` : ""}`;
  if (nth > 1) return "";
  return fate === "later" ? `+0 wire delay ${what} 1s` : `+0 wire dup ${what} after 1s`;
}

/** The script's lines from a step on, without what they expect: the wire has changed. */
export function restOf(script, steps, n) {
  const lines = script.split("\n");
  return steps.slice(n).map((s) => (lines[s.line - 1] ?? "").replace(/\s+#.*$/, "").replace(/\s=\s.*$/, "").trimEnd()).filter(Boolean);
}

export function interfereActs({ state, draw, attempt, lab, begin, catchUp, refresh, named }) {
  let moved = false;

  const flightOf = ({ world, id }) => [state.story.worlds.get(world), state.story.worlds.get(world)?.flights.get(id)];

  return {
    interfere(segment, fate) {
      const [world, flight] = flightOf(segment);
      const place = flight && placeOf(world, flight, state.lab.steps);
      const line = place && lineFor(fate, flight, place.nth);
      if (!line) return;
      const { id, script, steps } = state.lab;
      const rest = restOf(script, steps, place.n);
      attempt(async () => {
        const forked = await post(`/v1/labs/${id}/forks`, { at_step: place.n }, { lang: state.lang, headers: { Prefer: "wait=5" } });
        Object.assign(state, { experiment: null, fixes: null, segment: null });
        begin(forked);
        await post(`/v1/labs/${forked.id}/steps`, { script: `${[line, ...rest].join("\n")}\n` }, { lang: state.lang, headers: { Prefer: "wait=10" } });
        await refresh(forked.id);
        await catchUp();
        if (state.lab.id !== forked.id) return;
        state.script = state.original = state.lab.script;
        await named();
        lab.step(place.n + 1);
      });
    },

    /** A press on a segment: a drag once the pointer has moved, else a click. */
    grab(segment, event) {
      if (event.button !== 0) return;
      const from = { x: event.clientX, y: event.clientY };
      moved = false;
      const move = (e) => {
        if (!moved && Math.hypot(e.clientX - from.x, e.clientY - from.y) < 8) return;
        moved = true;
        const over = document.elementFromPoint(e.clientX, e.clientY)?.closest("[data-fate]")?.dataset.fate ?? "";
        state.drag = { ...segment, over, x: e.clientX, y: e.clientY };
        draw();
      };
      const end = (e) => {
        for (const [name, hears] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) removeEventListener(name, hears);
        const over = e.type === "pointerup" && state.drag?.over;
        state.drag = null;
        draw();
        setTimeout(() => (moved = false)); // the click of this press comes first
        if (over) lab.interfere(segment, over);
      };
      for (const [name, hears] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) addEventListener(name, hears);
    },

    /** Whether the press that ends now was a drag, and so no click. */
    dragged: () => moved,
  };
}

/** Where a segment that is dragged can be put. */
export function Zones({ state, say }) {
  const { drag } = state;
  const world = state.story.worlds.get(drag.world);
  const flight = world.flights.get(drag.id);
  const place = placeOf(world, flight, state.lab.steps);
  return html`
    <div class="zones" aria-hidden="true">
      ${fates.map((fate) => html`<p key=${fate} data-fate=${place && lineFor(fate, flight, place.nth) ? fate : null} class=${`zone ${drag.over === fate ? "over" : ""} ${place && lineFor(fate, flight, place.nth) ? "" : "off"}`}>${say(`wire.${fate}`)}</p>`)}
      <span class="dragged" style=${{ left: `${drag.x}px`, top: `${drag.y}px` }}>${flight.flags.join(",")}</span>
    </div>`;
}

/** The same by buttons, for the inspector. */
export function Interfere({ state, world, flight, say, act }) {
  const place = placeOf(world, flight, state.lab.steps);
  const ways = place ? fates.filter((fate) => lineFor(fate, flight, place.nth)) : [];
  if (ways.length === 0) return null;
  return html`
    <div class="interfere" role="group" aria-label=${say("wire.what")}>
      <span>${say("wire.what")}</span>
      ${ways.map((fate) => html`<button type="button" key=${fate} class="small" disabled=${state.busy} title=${lineFor(fate, flight, place.nth)} onClick=${() => act.lab.interfere(state.segment, fate)}>${say(`wire.${fate}`)}</button>`)}
    </div>`;
}
