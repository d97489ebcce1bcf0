// Looking closer: the figure, a segment's bytes, a capture as a file.

import { get, download, Problem } from "../app/api.js";
import { need, reader } from "./late.js";
import { save } from "./save.js";

export function lookActs({ state, draw, attempt }) {
  /** Reads the captures of the worlds, once for each that has something new. */
  async function captures({ world: wanted }) {
    const { story, lab: of } = state;
    const known = state.bytes?.story === story && state.bytes.last === story.last ? state.bytes : Object.assign(new Map(), { story, last: story.last });
    const { packetsOf, pair } = await reader();
    for (const name of [wanted, ...story.worlds.keys()]) {
      if (known.has(name)) continue;
      const file = await download(`/v1/labs/${of.id}/trace?world=${name}&format=pcapng`, { accept: "application/x-pcapng" }).catch(missing);
      if (file) known.set(name, pair(packetsOf(await file.arrayBuffer()), story.worlds.get(name).flights.values()));
    }
    if (state.story === story) state.bytes = known;
  }

  return {
    figure: (on) =>
      attempt(async () => {
        if (on) await need("Figure");
        state.figure = on;
        draw();
        if (on) state.machine ??= await get("/v1/machine?profile=linux", { lang: state.lang });
      }),

    pickFigure(name) {
      state.figurePick = state.figurePick === name ? null : name;
      draw();
    },

    inspect(segment) {
      if (!segment) {
        state.segment = null;
        draw();
        return document.querySelector(".ladder-box")?.focus({ preventScroll: true });
      }
      attempt(async () => {
        await need("Inspector");
        state.segment = segment;
        draw();
        requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("inspector-close")?.focus()));
        await captures(segment);
      });
    },

    facts(open) {
      if (state.facts === open) return;
      state.facts = open;
      draw();
    },

    /** Saves a capture as a file. */
    save: (path, name) => attempt(async () => save(await download(path, { accept: "application/x-pcapng" }), name)),
  };
}

/** A capture that a world cannot give is none. */
function missing(err) {
  if (err instanceof Problem) return null;
  throw err;
}
