// The film's controls: which step is shown, and what the worlds are doing meanwhile.

import { html, clock } from "./ink.js";

export function Film({ state, scene, say, act }) {
  const at = scene.upto + 1;
  const live = state.cursor === null;
  const whole = live || at >= scene.total;
  return html`
    <div class="film" role="group" aria-label=${say("film")}>
      <div class="keys">
        <${Key} say=${say} name="film.first" icon="first" off=${at <= 1} press=${() => act.seek(0)} />
        <${Key} say=${say} name="film.back" icon="back" off=${at <= 1} press=${() => act.step(-1)} />
        <${Key} say=${say} name=${state.playing ? "film.pause" : "film.play"} icon=${state.playing ? "pause" : "play"} press=${() => act.play()} main />
        <${Key} say=${say} name="film.next" icon="next" off=${at >= scene.total} press=${() => act.step(1)} />
        <${Key} say=${say} name=${scene.running ? "film.live" : "film.last"} icon="last" off=${live} press=${() => act.seek(null)} />
      </div>
      <input type="range" min="1" max=${Math.max(1, scene.total)} value=${at} aria-label=${say("film.seek")}
        aria-valuetext=${say("film.step", { n: at, total: scene.total })} onInput=${(e) => act.seek(Number(e.currentTarget.value) - 1)} />
      <p class="where">${whole && !scene.running ? say("film.all", { total: scene.total }) : say("film.step", { n: at, total: scene.total })}</p>
    </div>`;
}

const icons = {
  first: "M3 3h2v12h-2zM15 3v12l-9-6z",
  back: "M11 3v12l-8-6zM13 3h2v12h-2z",
  play: "M4 2l12 7l-12 7z",
  pause: "M3 2h4.500v14h-4.500zM10.500 2h4.500v14h-4.500z",
  next: "M7 3v12l8-6zM3 3h2v12h-2z",
  last: "M13 3h2v12h-2zM3 3v12l9-6z",
};

function Key({ name, icon, off, press, main, say }) {
  return html`
    <button type="button" class=${main ? "key main" : "key"} aria-label=${say(name)} title=${say(name)} disabled=${off} onClick=${press}>
      <svg viewBox="0 0 18 18" width="18" height="18" aria-hidden="true"><path d=${icons[icon]} /></svg>
    </button>`;
}

/** One line a world: how far it is, and how long the wait it is in still takes. */
export function Progress({ state, scene, say, act }) {
  if (!scene.running) return null;
  return html`
    <div class="progress">
      <ul>
        ${scene.worlds.map((w) => html`
          <li key=${w.name}>
            <span>${sentence(w, say)}</span>
            <progress max=${w.total || 1} value=${w.done} aria-label=${say(`world.${w.name}`)}></progress>
          </li>`)}
      </ul>
      <button type="button" onClick=${() => act.stop()}>${say("run.stop")}</button>
    </div>`;
}

function sentence(w, say) {
  const world = say(`world.${w.name}`);
  if (w.status !== "running") return say("ended", { world, at: clock(w.now) });
  if (w.place) return `${world}: ${say("status.waiting", { n: w.place })}`;
  if (w.waits > 0.2) return say("wait", { world, total: say.time(Math.max(w.delay, w.waits)), left: say.time(Math.max(1, Math.ceil(w.waits))) });
  return say("working", { world, n: Math.min(w.done + 1, w.total), total: w.total });
}
