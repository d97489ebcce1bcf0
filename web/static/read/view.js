// The reading path as it is drawn: a question, a guess, the film, a sentence to keep.

import { html } from "../app/html.js";
import { address } from "../app/address.js";
import { memory } from "../app/memory.js";
import { Stage } from "../lab/stage.js";
import { tellingStep } from "../lab/telling.js";
import { path } from "./path.js";

export const fresh = () => ({ read: { at: 0, guesses: {} } });

export function acts({ state, draw, attempt, act }) {
  const r = state.read;
  const shown = () => r.guesses[r.at] !== undefined;

  const film = () => attempt(() => act.lab.open(path[r.at].experiment));

  return {
    async read(params) {
      const n = Number(params.get("read") || memory.get("read") || 1);
      r.at = Number.isInteger(n) ? Math.max(0, Math.min(path.length - 1, n - 1)) : 0;
      if (shown()) await act.lab.open(path[r.at].experiment);
    },

    again: async () => {},

    go(by) {
      const to = Math.max(0, Math.min(path.length - 1, r.at + by));
      if (to === r.at) return;
      r.at = to;
      memory.set("read", String(to + 1));
      address("read", { read: String(to + 1) }, { enter: true });
      draw();
      document.getElementById("main").focus({ preventScroll: true });
      if (shown()) film();
    },

    guess(n) {
      r.guesses[r.at] = n;
      draw();
      film();
    },
  };
}

export function View({ state, say, act }) {
  const { at, guesses } = state.read;
  const here = path[at];
  const text = here[say.lang] ?? here.en;
  const guess = guesses[at];
  const answered = guess !== undefined;
  const scene = answered && state.lab?.experiment === here.experiment ? act.lab.scene() : null;
  return html`
    <div class=${answered ? "lab reading" : "lab reading alone"}>
      <div class="panel"><div class="answer">
        <p class="eyebrow">${say("read.step", { n: at + 1, total: path.length })}</p>
        <h1>${text.question}</h1>
        <p class="believed">${say("read.believed")} ${text.believed}</p>
        <div class="choices-list" role="group" aria-label=${text.question}>
          ${text.choices.map((c, n) => html`
            <button type="button" key=${n} class=${`choice ${answered && n === text.right ? "right" : ""} ${answered && n === guess && n !== text.right ? "wrong" : ""}`} disabled=${answered} onClick=${() => act.read.guess(n)}>${c}</button>`)}
        </div>
        ${answered && html`
          <p role="status" class=${guess === text.right ? "good" : "bad"} key="grade"><b>${say(guess === text.right ? "predict.right" : "predict.wrong", { answer: text.choices[text.right] })}</b></p>
          <p class="lead" key="keep">${text.keep}</p>
          <${Measured} key="measured" state=${state} scene=${scene} say=${say} act=${act} />
          <p key="open"><a href=${`#experiment=${here.experiment}`}>${say("read.open")}</a></p>`}
        <p key="myths"><a href="#myths">${say("nav.myths")}</a></p>
        <p class="row">
          <button type="button" disabled=${at === 0} onClick=${() => act.read.go(-1)}>← ${say("read.back")}</button>
          <button type="button" class=${answered ? "primary" : ""} disabled=${at === path.length - 1} onClick=${() => act.read.go(1)}>${say("read.next")} →</button>
        </p>
      </div></div>
      ${scene && html`<${Stage} key=${here.experiment} state=${state} scene=${scene} say=${say} act=${act} />`}
    </div>`;
}

/** What this machine's kernel said, or the button to ask it. */
function Measured({ state, scene, say, act }) {
  const kernel = state.capabilities?.worlds.find((w) => w.name === "kernel");
  if (!scene || !kernel?.runs) return null;
  const step = state.lab.steps[tellingStep(state.lab)];
  const result = step?.results?.kernel?.result;
  const release = state.capabilities.system.kernel;
  if (state.lab.worlds.includes("kernel") && result && !scene.running) return html`<p class="measured">${say("read.measured", { release, text: `${step.actor} ${step.text}`, result })}</p>`;
  return html`<p><button type="button" class="small" disabled=${state.busy || scene.running} onClick=${() => act.lab.run()}>${say("read.measure", { release })}</button></p>`;
}
