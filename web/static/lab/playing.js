// The film's controls as acts: which moment is shown, and how it plays.

import { address } from "../app/address.js";
import { lastOf } from "./scene.js";

const beat = 1100; // milliseconds that a moment is shown while the film plays

/** `keeper` tells a scene in words; `guess()` are the acts of the guesses, which may stop the film. */
export function playActs({ state, draw, scene, keeper, guess }) {
  let timer = 0;

  function stopPlaying() {
    clearTimeout(timer);
    state.playing = false;
  }

  function tick() {
    clearTimeout(timer);
    if (!state.playing) return;
    timer = setTimeout(() => {
      const now = scene();
      if (!now || now.moment >= now.total - 1) return void (stopPlaying(), draw());
      play.move(1, true);
      tick();
    }, beat / state.speed);
  }

  const play = {
    stopPlaying,

    /** Shows the story up to a moment; null shows all there is, and what is still to come. */
    seek(moment, playing = false) {
      if (!playing) stopPlaying();
      const now = scene();
      state.cursor = moment === null || (now && moment >= now.total - 1 && state.lab.status !== "running") ? null : moment;
      const shown = scene();
      const { experiment, worlds, id } = state.lab;
      if (shown && !playing && experiment && state.view === "lab") {
        const step = state.cursor === null ? "" : String(shown.upto + 1);
        address("lab", { experiment, worlds: worlds.length > 1 ? worlds.join(",") : "", step });
      } else if (shown && !playing && id) {
        state.guess.at = null;
      }
      draw();
    },

    /** Shows the story up to the end of a step. */
    step(n) {
      const now = scene();
      const m = now ? lastOf(now.moments, n) : -1;
      if (m >= 0) play.seek(m);
    },

    move(by, playing = false) {
      const now = scene();
      if (!now) return;
      const next = Math.max(0, Math.min(now.total - 1, now.moment + by));
      if (by > 0 && guess().stops(now, next)) return void stopPlaying();
      play.seek(next, playing);
      const shown = scene();
      if (!playing || !state.guess.on) state.said = shown ? keeper.tell(shown) : "";
    },

    play() {
      const now = scene();
      if (!now) return;
      if (state.playing) return void (stopPlaying(), draw());
      if (now.moment >= now.total - 1) play.seek(0, true);
      state.playing = true;
      draw();
      tick();
    },

    speed(x) {
      state.speed = x;
      draw();
      tick();
    },
  };
  return play;
}
