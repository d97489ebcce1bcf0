// The film's controls: which moment is shown, how fast it plays.

import { html, keep } from "../app/html.js";
import { nearest } from "./axis.js";
import { narrate } from "./narrate.js";

const whole = 1000; // of the range that stands for the axis

export function Film({ state, scene, say, act }) {
  const { axis, moment, total } = scene;
  const live = state.cursor === null;
  return html`
    <div class="film" role="group" aria-label=${say("film")}>
      <div class="keys">
        <${Key} say=${say} name="film.first" icon="first" off=${moment <= 0} press=${() => act.lab.seek(0)} />
        <${Key} say=${say} name="film.back" icon="back" off=${moment <= 0} press=${() => act.lab.move(-1)} />
        <${Key} say=${say} name=${state.playing ? "film.pause" : "film.play"} icon=${state.playing ? "pause" : "play"} press=${() => act.lab.play()} main />
        <${Key} say=${say} name="film.next" icon="next" off=${moment >= total - 1} press=${() => act.lab.move(1)} />
        <${Key} say=${say} name=${scene.running ? "film.live" : "film.last"} icon="last" off=${live} press=${() => act.lab.seek(null)} />
      </div>
      <div class="axis">
        ${keep("axis", [axis, scene.moments, say], () => html`<${Axis} axis=${axis} moments=${scene.moments} say=${say} />`)}
        <input type="range" min="0" max=${whole} step="any" value=${(axis.at[moment] ?? 0) * whole} aria-label=${say("film.seek")}
          aria-valuetext=${`${say("film.step", { n: scene.upto + 1, total: state.lab.steps.length })}: ${narrate(scene, state.lab, say)}`}
          onInput=${(e) => act.lab.seek(nearest(axis, Number(e.currentTarget.value) / whole))} />
      </div>
      <label class="speed"><span class="hidden">${say("film.speed")}</span>
        <select onChange=${(e) => act.lab.speed(Number(e.currentTarget.value))}>
          ${[0.25, 0.5, 1, 2, 4, 8].map((x) => html`<option key=${x} value=${x} selected=${state.speed === x}>${x === 0.25 ? "¼" : x === 0.5 ? "½" : x}×</option>`)}
        </select>
      </label>
    </div>`;
}

/** The moments in true proportion; long waits folded and labelled, as far as the labels have room. */
function Axis({ axis, moments, say }) {
  let free = 0;
  const labels = axis.folds.filter((f) => f.at >= free && ((free = f.at + 0.09), true));
  const ticks = axis.at.length > 400 ? [] : axis.at;
  return html`
    <svg class="ticks" height="26" aria-hidden="true">
      <line class="base" x1="0" x2="100%" y1="19" y2="19" />
      ${ticks.map((x, m) => html`<line key=${m} class=${moments[m].k === 0 ? "tick step" : "tick"} x1=${`${x * 100}%`} x2=${`${x * 100}%`} y1=${moments[m].k === 0 ? 13 : 16} y2="22" />`)}
      ${axis.folds.map((f) => html`<g key=${f.before}><line class="fold" x1=${`${f.at * 100 - 0.6}%`} x2=${`${f.at * 100 + 0.1}%`} y1="23" y2="15" /><line class="fold" x1=${`${f.at * 100 - 0.1}%`} x2=${`${f.at * 100 + 0.6}%`} y1="23" y2="15" /></g>`)}
      ${labels.map((f) => html`<text key=${f.before} x=${`${f.at * 100}%`} y="10">${say.time(f.time)}</text>`)}
    </svg>`;
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
