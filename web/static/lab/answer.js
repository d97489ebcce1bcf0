// The answer first: one sentence, the line that tells it, the socket in the way, the rule, and when it passes.

import { html, resultClass, resultMark } from "../app/html.js";
import { seconds } from "../app/api.js";
import { tellingStep, sentences, resultOf } from "./telling.js";
import { endOf } from "./story.js";
import { Fixes } from "./fixes.js";

export function Answer({ state, scene, say, act }) {
  const e = state.experiment;
  const [head, rest] = sentences(e?.explain);
  const n = scene ? tellingStep(state.lab) : -1;
  const step = n >= 0 ? state.lab.steps[n] : null;
  const hidden = state.guess.on && scene && scene.upto < n; // whoever guesses is not told before
  const result = step && !hidden && resultOf(step, state.lab.worlds);
  return html`
    <div class="ask">
      <p class="eyebrow"><button type="button" class="library-button small" aria-haspopup="dialog" onClick=${() => act.lab.library(true)}>${say("library")}</button> ${e ? e.title : say("shelf.own")}</p>
      <h1>${whole(e ? e.question : state.lab?.question || say(state.lab?.live ? "hands" : "editor"))}</h1>
      ${head && !hidden && html`<p class="lead">${whole(head)}</p>`}
    </div>
    ${step && result && html`<${Telling} key="telling" step=${step} n=${n} result=${result} scene=${scene} say=${say} act=${act} />`}
    <${Asking} key="asking" state=${state} scene=${scene} say=${say} act=${act} />
    ${scene && html`<${Fixes} key="fixes" state=${state} step=${step} say=${say} act=${act} />`}
    ${rest && !hidden && html`<details key="rest" class="more"><summary>${say("explain")}</summary><p>${whole(rest)}</p></details>`}`;
}

// A word joiner keeps the names of states from being broken at their hyphens.
const whole = (text) => text.replace(/([A-Z])-(?=[A-Z])/g, "$1-\u2060");

/** The line that tells it, and why it ended so. */
function Telling({ step, n, result, scene, say, act }) {
  const why = result.why;
  const [rule] = sentences(why?.text).map((t) => t.split(/; |；/)[0]);
  const timed = /^\d/.test(why?.passes || "");
  return html`
    <div class="telling">
      <p class="line"><button type="button" class="bare" onClick=${() => act.lab.step(n)} title=${say("steps.show", { n: n + 1 })}><span class="no">${n + 1}</span> <code>${step.actor} ${step.text}</code></button>
        <b class=${resultClass({ result: result.result, mark: "" })}>${resultMark({ result: result.result, mark: "" })} ${result.result}</b></p>
      <dl>
        ${why?.conflict && html`<div key="conflict"><dt>${say("answer.conflict")}</dt><dd><code>${why.conflict}</code></dd></div>`}
        ${rule && html`<div key="rule"><dt>${say("answer.rule")}</dt><dd>${whole(rule)} ${why.source && html`<span class="rest">${why.source}</span>`}</dd></div>`}
        ${why?.passes && html`<div key="passes"><dt>${say("answer.passes")}</dt><dd>${timed ? html`<b>${say("answer.in", { time: say.time(seconds(why.passes)) })}</b>` : why.passes}</dd></div>`}
      </dl>
      <${Ends} scene=${scene} n=${n} say=${say} />
    </div>`;
}

/** Both ends when that line has run, in miniature. */
function Ends({ scene, n, say }) {
  const m = scene.moments.findLastIndex((x) => x.n === n);
  const snap = m >= 0 ? scene.snaps.get(scene.order[0].name)[m] : null;
  if (!snap) return null;
  return html`
    <p class="mini">
      ${["server", "client"].map((host) => {
        const { main } = endOf(snap, host);
        return html`<span key=${host} class=${`mini-end ${main?.state || "none"}`}>${say(host)} <b>${main?.state ?? say("end.none")}</b></span>`;
      })}
    </p>`;
}

/** The kernel's button, or the reason why it cannot be asked. */
function Asking({ state, scene, say, act }) {
  const kernel = state.capabilities?.worlds?.find((w) => w.name === "kernel");
  if (!scene || !kernel) return null;
  if (!kernel.runs) {
    return html`
      <div class="notice">
        <p>${say("kernel.not", { why: kernel.why || "" })}</p>
        ${kernel.remedy && html`<p class="quiet">${say("kernel.remedy", { remedy: kernel.remedy })}</p>`}
      </div>`;
  }
  if (kernel.recorded) return html`<${Recorded} kernel=${kernel} state=${state} say=${say} act=${act} />`;
  const both = state.lab.worlds.includes("kernel");
  const needs = seconds(state.experiment?.needs?.kernel);
  return html`
    <p class="row asking">
      <button type="button" class="primary" disabled=${state.busy || (scene.running && !state.lab.live)} onClick=${() => act.lab.run()}>${say(both ? "run.again" : "run")}</button>
      <button type="button" onClick=${() => (act.lab.seek(0), act.lab.play())}>${say("watch")}</button>
      ${needs >= 3 && html`<span class="quiet">${say("run.needs", { time: say.time(needs) })}</span>`}
    </p>`;
}

/** The button of a run that was recorded, which is never passed off as one of now. */
function Recorded({ kernel, state, say, act }) {
  const { recorded } = kernel;
  const shown = state.lab.worlds.includes("kernel");
  const there = recorded.experiments.includes(state.lab.experiment ?? state.experiment?.id);
  return html`
    <p class="row asking">
      ${there && !shown && html`<button type="button" class="primary" disabled=${state.busy} onClick=${() => act.lab.run()}>${say("run.recorded")}</button>`}
      <button type="button" onClick=${() => (act.lab.seek(0), act.lab.play())}>${say("watch")}</button>
      <span class="quiet">${say(there ? "run.recorded.when" : "run.recorded.none", recorded)}</span>
    </p>`;
}
