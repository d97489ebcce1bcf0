// The script's steps with each world's result, the verdict and the reason.

import { html, resultClass, resultMark } from "./ink.js";
import { Verdict, Curl, beyond } from "./parts.js";
import { seconds } from "./api.js";
import { isUnable } from "./scene.js";
import { Findings, Known } from "./findings.js";

export function Steps({ state, scene, say, act }) {
  const worlds = state.lab.worlds;
  const steps = state.lab.steps;
  return html`
    <section class="steps card" aria-labelledby="steps-title">
      <h2 id="steps-title">${say("steps")}</h2>
      <${Summary} summary=${state.lab.summary} say=${say} />
      <${Findings} findings=${state.lab.differences} say=${say} />
      <table role="table" class="steptable">
        <thead role="rowgroup">
          <tr role="row">
            ${["line", "when", "who", "step", "expect"].map((k) => html`<th key=${k} role="columnheader" scope="col">${say(`steps.${k}`)}</th>`)}
            ${worlds.map((w) => html`<th key=${w} role="columnheader" scope="col">${say(`world.${w}`)}</th>`)}
            <th role="columnheader" scope="col">${say("steps.verdict")}</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${steps.map((step, n) => html`<${Step} key=${step.line} step=${step} phase=${step.phase !== steps[n - 1]?.phase && step.phase} n=${n} scene=${scene} worlds=${worlds} say=${say} act=${act} />`)}
        </tbody>
      </table>
      <${Curl} command=${`curl -s ${location.origin}/v1/labs/${state.lab.id}`} what="curl.lab" say=${say} act=${act} />
    </section>`;
}

function Summary({ summary, say }) {
  if (!summary) return null;
  const parts = ["steps", "states", "segments"].filter((k) => summary[k]);
  return html`
    <dl class="summary">
      ${parts.map((k) => html`<div key=${k}><dt>${say(`steps.${k}`)}</dt><dd>${say("steps.summary", summary[k])}${summary[k].unexplained > 0 && say("steps.unexplained", summary[k])}</dd></div>`)}
    </dl>`;
}

function Step({ step, phase, n, scene, worlds, say, act }) {
  const shown = n <= scene.upto;
  const cells = 6 + worlds.length;
  const reasons = shown ? reasonsOf(step, worlds, say) : [];
  const verdict = !shown ? "pending" : step.expected === false ? "unexpected" : step.verdict;
  return html`
    ${phase && html`<tr role="row" class="phase" key="phase"><td role="cell" colspan=${cells}>${phase}</td></tr>`}
    <tr role="row" key="step" class=${`${shown ? "" : "later"} ${scene.cursor === n ? "now" : ""}`} aria-current=${scene.cursor === n ? "step" : null}>
      <td role="cell" class="line"><button type="button" class="bare" onClick=${() => act.seek(n)} aria-label=${say("steps.show", { line: step.line })}>${step.line}</button></td>
      <td role="cell" data-label=${say("steps.when")}>${when(step, say)}</td>
      <td role="cell" data-label=${say("steps.who")}>${say(step.actor)}</td>
      <td role="cell" data-label=${say("steps.step")} class="text"><code>${step.text}</code>${step.note && html`<span class="remark"># ${step.note}</span>`}</td>
      <td role="cell" data-label=${say("steps.expect")}>${step.expect ? html`<code>${step.expect}</code>` : html`<span class="quiet">–<span class="hidden">${say("steps.nothing")}</span></span>`}</td>
      ${worlds.map((w) => html`<td role="cell" key=${w} data-label=${say(`world.${w}`)}>${shown ? result(step, w, say) : html`<span class="quiet">…</span>`}</td>`)}
      <td role="cell" data-label=${say("steps.verdict")}><${Verdict} verdict=${verdict} say=${say} /></td>
    </tr>
    ${reasons.length > 0 && html`
      <tr role="row" key="why" class="why"><td role="cell" colspan=${cells}>
        <ul aria-label=${say("steps.why")}>${reasons.map((r) => html`<li key=${r.key}>${r.who && html`<b>${r.who}</b> `}${r.text}${r.rest.map((t) => html` <span class="rest" key=${t}>${t}</span>`)}${r.why && html` <${Known} why=${r.why} say=${say} />`}</li>`)}</ul>
      </td></tr>`}`;
}

function when(step, say) {
  if (step.same) return html`<abbr title=${say("steps.same")}>&</abbr>`;
  const s = seconds(step.delay);
  return `+${s ? say.time(s) : "0"}`;
}

function result(step, world, say) {
  const r = step.results?.[world];
  if (!r) return html`<span class="quiet">${say("steps.pending")}</span>`;
  if (r.result === "not run") return html`<span class="quiet">○ ${say("verdict.not run")}</span>`;
  const mark = { result: r.result, mark: step.expected === false ? "bad" : "" };
  return html`<span class=${resultClass(mark)}><span aria-hidden="true">${resultMark(mark)}</span> ${r.result}</span> <span class="at">${r.at}</span>`;
}

/** Why a world answered as it did, and why the worlds differ. The same reason is given once. */
function reasonsOf(step, worlds, say) {
  const found = new Map();
  const note = (who, why) => {
    if (!why?.text || isUnable(why)) return;
    const known = found.get(why.text);
    if (known) return void known.names.push(who);
    found.set(why.text, { key: why.text, names: [who], why });
  };
  if (step.why) note("", step.why);
  for (const w of worlds) note(say(`world.${w}`), step.results?.[w]?.why);
  return [...found.values()].map(({ key, names, why }) => ({
    key,
    who: names.filter(Boolean).join(", ") && `${names.filter(Boolean).join(", ")}:`,
    text: why.text,
    rest: beyond(why, say),
    why: why === step.why && step.verdict === "differ" && why,
  }));
}
