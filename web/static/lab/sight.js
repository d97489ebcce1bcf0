// What only the window knows: how wide the ladder may be, which part of it is in sight, and where it
// is covered. A seek moves the cover and nothing else of the picture.

import { narrate } from "./narrate.js";

const part = 800; // pixels of a ladder that are drawn together

export function stageKeeper({ scene, state, draw, speaker }) {
  const watcher = new ResizeObserver((entries) => {
    const width = Math.floor(entries.at(-1).contentRect.width);
    if (width <= 0 || width === state.width) return; // 0: it has left the page
    state.width = width;
    draw();
  });
  let measured = null;
  let shown = ""; // what the stage was moved to last
  let still = true; // whether it is to come there without a movement
  let last = 0; // when it was moved

  function look() {
    const at = Math.floor(measured.scrollTop / part);
    if (at === state.look) return;
    state.look = at;
    draw();
  }

  function move(now) {
    const box = measured;
    const end = now.picture.ends[now.moment] ?? now.picture.height;
    const live = state.cursor === null;
    const key = `${end} ${live} ${now.picture.height} ${box.clientHeight}`;
    const cover = box.querySelector(".cover");
    if (key === shown || !cover) return;
    shown = key;
    const scrubbing = performance.now() - last < 250; // a movement that the next one cuts short is none
    last = performance.now();
    const quiet = still || scrubbing || matchMedia("(prefers-reduced-motion: reduce)").matches;
    still = false;
    cover.style.transitionDuration = quiet ? "0s" : `${0.55 / state.speed}s`;
    cover.style.transform = `translateY(${live ? now.picture.height : end}px)`;
    const top = Math.max(0, Math.min(end - box.clientHeight * 0.78, now.picture.height - box.clientHeight));
    box.scrollTo({ top, behavior: quiet ? "instant" : "smooth" });
  }

  return {
    reset() {
      shown = "";
      still = true;
    },

    tell: (now) => narrate(now, state.lab, speaker()),

    drawn() {
      const box = document.querySelector(".ladder-box");
      if (box !== measured) {
        watcher.disconnect();
        measured?.removeEventListener("scroll", look);
        measured = box;
        if (box) watcher.observe(box);
        box?.addEventListener("scroll", look, { passive: true });
        shown = "";
        still = true;
      }
      const now = box && scene();
      if (now?.picture) move(now);
    },
  };
}

/** The part of a picture to draw when it is looked at in this place: all of a short one. */
export function inSight(picture, look, room = 1600) {
  if (picture.height < 5 * part) return picture.shapes;
  const [top, bottom] = [look * part - room, (look + 1) * part + room];
  return picture.shapes.filter((s) => s.bottom >= top && s.top <= bottom);
}
