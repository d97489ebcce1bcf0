// "Stop it from happening": the ways to try, and how each of them came out, side by side.

import { html, resultClass, resultMark } from "../app/html.js";
import { post } from "../app/api.js";
import { remediesOf } from "./remedies.js";
import { sentences, tellingStep } from "./telling.js";

export function fixActs({ state, draw, attempt, lab, begin, catchUp, named }) {
  return {
    /** Tries one way, on the model: its result stands beside the others. */
    fix(id) {
      const { lab: from } = state;
      const step = from.steps[state.fixes?.n ?? tellingStep(from)];
      const way = remediesOf(state.fixes?.script ?? from.script, state.fixes?.step ?? step).find((w) => w.id === id);
      if (!way) return;
      state.fixes ??= { script: from.script, step, n: from.steps.indexOf(step), tried: [] };
      attempt(async () => {
        const made = await post("/v1/labs", { script: way.script, worlds: ["model"] }, { lang: state.lang, headers: { Prefer: "wait=10" } });
        const { fixes } = state;
        if (!fixes) return;
        const result = made.steps.find((s) => s.line === way.line)?.results?.model;
        fixes.tried = [...fixes.tried.filter((t) => t.id !== id), { id, lab: made, result }];
        state.said = result?.result ?? "";
        draw();
      });
    },

    /** Shows on the stage what was tried. */
    showFix(id) {
      const { lab: made } = state.fixes.tried.find((t) => t.id === id);
      const { fixes } = state;
      attempt(async () => {
        Object.assign(state, { experiment: null, script: made.script, original: made.script, editing: false });
        begin(made);
        state.fixes = fixes;
        await catchUp();
        await named();
      });
    },

    reason(n) {
      lab.step(n);
      const row = document.getElementById(`step-${n + 1}`);
      row?.querySelector("details.why")?.setAttribute("open", "");
      row?.scrollIntoView({ block: "center" });
      row?.querySelector("button")?.focus({ preventScroll: true });
    },
  };
}

export function Fixes({ state, step, say, act }) {
  const fixes = state.fixes;
  const refused = fixes?.step ?? step;
  const ways = refused && (fixes || resultOfFirst(refused) === "EADDRINUSE") ? remediesOf(fixes?.script ?? state.lab.script, refused) : [];
  if (ways.length === 0) return null;
  const tried = new Map(fixes?.tried.map((t) => [t.id, t]));
  return html`
    <section class="fixes" aria-labelledby="fixes-title">
      <h2 id="fixes-title">${say("fix")}</h2>
      <ul>
        ${ways.map(({ id }) => html`
          <li key=${id}>
            <button type="button" class="small" disabled=${state.busy} onClick=${() => act.lab.fix(id)}>${say(`fix.${id}`)}</button>
            ${tried.has(id) && html`<${Outcome} tried=${tried.get(id)} say=${say} act=${act} />`}
          </li>`)}
      </ul>
    </section>`;
}

const resultOfFirst = (step) => Object.values(step.results || {})[0]?.result;

function Outcome({ tried, say, act }) {
  const { id, result } = tried;
  const word = { result: result?.result ?? "", mark: "" };
  return html`
    <span class="outcome" role="status">
      <b class=${`${resultClass(word)} ${word.result === "ok" ? "good" : ""}`}>${word.result === "ok" ? "✓" : resultMark(word)} ${word.result}</b>
      ${result?.why && html`<span class="rest">${sentences(result.why.text)[0]}</span>`}
      <button type="button" class="bare" onClick=${() => act.lab.showFix(id)}>${say("fix.show")}</button>
    </span>`;
}
