// Myth cards: a claim, and the line of an experiment that settles it, run here and now.

import { html, resultClass, resultMark } from "../app/html.js";
import { post } from "../app/api.js";
import { tellingStep } from "../lab/telling.js";
import { myths } from "./myths.js";

export const fresh = () => ({ myths: { ran: {}, running: "" } });

export function acts({ state, draw, attempt }) {
  const m = state.myths;

  async function run(id) {
    m.running = id;
    draw();
    try {
      const lab = await post("/v1/labs", { experiment: id, worlds: ["model"] }, { lang: state.lang, headers: { Prefer: "wait=10" } });
      m.ran[id] = lab.steps[tellingStep(lab)];
      state.said = m.ran[id] ? `${m.ran[id].text}: ${m.ran[id].results.model?.result}` : "";
    } finally {
      m.running = "";
    }
  }

  return {
    read: async () => {},

    async again() {
      for (const id of Object.keys(m.ran)) await run(id);
    },

    run: (id) => attempt(() => run(id)),
  };
}

export function View({ state, say, act }) {
  const { ran, running } = state.myths;
  return html`
    <div class="ask"><p class="eyebrow"><a href="#read">${say("nav.read")}</a></p><h1>${say("myths.title")}</h1><p class="quiet">${say("myths.lead")}</p></div>
    <ul class="mythcards">
      ${myths.map((m) => html`
        <li key=${m.experiment} class="card">
          <h2><span aria-hidden="true" class="bad">✕</span> ${(m[say.lang] ?? m.en).claim}</h2>
          ${ran[m.experiment]
            ? html`<${Settled} step=${ran[m.experiment]} /><p class="lead">${(m[say.lang] ?? m.en).truth}</p>`
            : html`<p><button type="button" class="primary" disabled=${state.busy} aria-busy=${running === m.experiment ? "true" : null} onClick=${() => act.myths.run(m.experiment)}>${say("myths.run")}</button></p>`}
          <p><a href=${`#experiment=${m.experiment}`}>${say("read.open")}</a></p>
        </li>`)}
    </ul>`;
}

function Settled({ step }) {
  const word = { result: step.results.model?.result ?? "", mark: "" };
  return html`<p role="status" class="settled"><code>${step.actor} ${step.text}</code> <b class=${resultClass(word)}>${resultMark(word)} ${word.result}</b></p>`;
}
