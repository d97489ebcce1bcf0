// The script's steps with each world's result, the verdict and the reason.

import { html, keep, resultClass, resultMark } from "../app/html.js";
import { Verdict, beyond } from "../app/parts.js";
import { seconds } from "../app/api.js";
import { isUnable } from "./scene.js";
import { Findings, Known } from "./findings.js";

export function Script({ state, scene, say, act }) {
  const { worlds, steps, summary } = state.lab;
  const several = worlds.length > 1;
  return html`
    <section class="steps" aria-labelledby="steps-title">
      <h2 id="steps-title">${say("steps")}</h2>
      ${several && html`<${Summary} summary=${summary} say=${say} />`}
      <ol class="steplist">
        ${steps.map((step, n) => {
          const [shown, now, guessed] = [n <= scene.upto, n === scene.upto, state.guess.answers[n]];
          const phase = step.phase !== steps[n - 1]?.phase && step.phase;
          return keep(`step ${n}`, [step, phase, shown, now, guessed, worlds.join(), say], () => html`<${Step} key=${step.line} step=${step} phase=${phase} n=${n} shown=${shown} now=${now} guessed=${guessed} worlds=${worlds} say=${say} act=${act} />`);
        })}
      </ol>
      ${several && html`<${Findings} findings=${state.lab.differences} steps=${steps} say=${say} />`}
    </section>`;
}

function Summary({ summary, say }) {
  if (!summary) return null;
  const { agree, differ, not_run, unexpected, unexplained } = summary.steps;
  const words = [["agree", agree], ["differ", differ], ["not run", not_run], ["unexpected", unexpected]].filter(([, n]) => n > 0);
  return html`<p class="summary">${words.map(([verdict, n]) => html`<span key=${verdict}>${n} <${Verdict} verdict=${verdict} say=${say} /></span> `)}${unexplained > 0 && say("steps.unexplained", { unexplained })}</p>`;
}

function Step({ step, phase, n, shown, now, guessed, worlds, say, act }) {
  const plain = step.verdict !== "differ" && step.expected !== false && worlds.every((w) => ["ok", undefined].includes(step.results?.[w]?.result));
  const reasons = shown && (now || !plain) ? reasonsOf(step, worlds, say) : [];
  const verdict = !shown ? "pending" : step.expected === false ? "unexpected" : worlds.length > 1 ? step.verdict : "";
  const delay = step.same ? "&" : seconds(step.delay) > 0 ? `+${say.time(seconds(step.delay))}` : "";
  return html`
    <li id=${`step-${n + 1}`} class=${`${shown ? "" : "later"} ${now ? "now" : ""}`} aria-current=${now ? "step" : null}>
      ${phase && html`<p class="phase">${phase}</p>`}
      <button type="button" class="bare stepbutton" onClick=${() => act.lab.step(n)} aria-label=${say("steps.show", { n: n + 1 })}><span class="no">${n + 1}</span></button>
      <p class="text">${delay && html`<span class="delay">${delay} </span>`}<span class="actor">${step.actor}</span> <code>${step.text}</code>${step.note && html`<span class="remark"># ${step.note}</span>`}</p>
      <p class="results">
        ${shown && html`<${Results} step=${step} worlds=${worlds} say=${say} />`}
        ${!shown && step.expect && html`<span class="blank" title=${say("steps.blank")}>= ?</span>`}
        ${verdict === "agree" && html` <span class="verdict v-agree" title=${say("verdict.agree")}><span aria-hidden="true">✓</span><span class="hidden">${say("verdict.agree")}</span></span>`}
        ${verdict && verdict !== "agree" && html` <${Verdict} verdict=${verdict} say=${say} />`}
        ${shown && guessed && html` <span class=${guessed.right ? "good" : "bad"}>${say(guessed.right ? "guess.was.right" : "guess.was.wrong", { answer: guessed.answer })}</span>`}
      </p>
      ${reasons.length > 0 && html`
        <details class="why" open=${step.verdict === "differ" || step.expected === false ? true : null}>
          <summary>${say("steps.why")}</summary>
          <ul>${reasons.map((r) => html`<li key=${r.key}>${r.who && html`<b>${r.who}</b> `}${r.text}${r.rest.map((t) => html` <span class="rest" key=${t}>${t}</span>`)}${r.why && html` <${Known} why=${r.why} say=${say} />`}</li>`)}</ul>
        </details>`}
    </li>`;
}

/** The results of a step: one word if all worlds say the same, else each with its name. */
function Results({ step, worlds, say }) {
  const told = worlds.map((w) => [w, step.results?.[w]]).filter(([, r]) => r);
  if (told.length === 0) return html`<span class="quiet">…</span>`;
  const ran = told.filter(([, r]) => r.result !== "not run");
  const same = ran.length > 0 && ran.every(([, r]) => r.result === ran[0][1].result);
  const word = (r) => ({ result: r.result, mark: step.expected === false ? "bad" : "" });
  if (same && ran.length === told.length) return html`<span class=${resultClass(word(ran[0][1]))}><span aria-hidden="true">${resultMark(word(ran[0][1]))}</span> ${ran[0][1].result}</span>`;
  return told.map(([w, r]) => html`<span key=${w} class="per-world">${say.has(`world.${w}`) ? say(`world.${w}`) : w}: <span class=${r.result === "not run" ? "quiet" : resultClass(word(r))}>${r.result === "not run" ? say("verdict.not run") : r.result}</span></span> `);
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
    who: worlds.length > 1 && names.filter(Boolean).join(", ") && `${names.filter(Boolean).join(", ")}:`,
    text: why.text,
    rest: beyond(why, say),
    why: why === step.why && step.verdict === "differ" && why,
  }));
}
