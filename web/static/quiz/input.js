// How a question is shown and answered: one input for each interaction, all of them for the keyboard too.

import { html } from "../app/html.js";
import { moved, valueOf, withValue } from "./answers.js";

/** A kind's name in the reader's language; its id, if this page does not know it. */
export const kindName = (say, kind) => (say.has(`quiz.kind.${kind}`) ? say(`quiz.kind.${kind}`) : kind);

/** A question with its inputs. `set` gets a function from the answer to the whole question to the next one. */
export function Question({ question, answer, set, disabled, name, say, right }) {
  const { parts } = question;
  return html`
    <div class="question">
      <p class="stem">${question.text}</p>
      ${question.stimulus && html`<pre class="script" tabindex="0" aria-label=${say("quiz.stimulus")}>${question.stimulus}</pre>`}
      ${question.script && html`<pre class="script" tabindex="0" aria-label=${say("quiz.script")}>${question.script}</pre>`}
      ${parts.map((part) => html`
        <fieldset key=${part.id} disabled=${disabled}>
          <legend>${part.text || say(`quiz.do.${part.interaction}`)}</legend>
          <${inputs[part.interaction] || Free} part=${part} name=${`${name}-${part.id}`} say=${say} right=${right}
            value=${valueOf(answer, part, parts)} set=${(change) => set((now) => withValue(now, part, parts, next(change, valueOf(now, part, parts))))} />
        </fieldset>`)}
    </div>`;
}

/** What an input changes to: a value, or what a function makes of the value that is there by then. */
const next = (change, value) => (typeof change === "function" ? change(value) : change);

function Choice({ part, name, value, set }) {
  return part.choices.map((c) => html`
    <label key=${c.id} class="choice"><input type="radio" name=${name} checked=${value === c.id} onChange=${() => set(c.id)} /><span>${c.text}</span></label>`);
}

function Lines({ part, name, value, set }) {
  return html`<div class="lines">${part.choices.map((c) => html`
    <label key=${c.id} class="choice"><input type="radio" name=${name} checked=${String(value ?? "") === c.id} onChange=${() => set(c.id)} /><span class="n">${c.id}</span><code>${c.text}</code></label>`)}</div>`;
}

function Choices({ part, value = [], set }) {
  const toggle = (id) => set((now = []) => (now.includes(id) ? now.filter((v) => v !== id) : [...now, id].sort()));
  return part.choices.map((c) => html`
    <label key=${c.id} class="choice"><input type="checkbox" checked=${value.includes(c.id)} onChange=${() => toggle(c.id)} /><span>${c.text}</span></label>`);
}

function Quantity({ part, name, value, set, say }) {
  return html`<label class="inline" for=${name}><span class="hidden">${say("quiz.do.number")}</span>
    <input id=${name} type="text" inputmode="decimal" autocomplete="off" size="12" value=${value ?? ""} onInput=${(e) => set(e.target.value)} />
    <span>${part.unit}</span>${part.tolerance ? html`<span class="rest">± ${part.tolerance} ${part.unit}</span>` : null}</label>`;
}

function Match({ part, name, value = {}, set, say }) {
  return part.fields.map((f) => html`
    <label key=${f.id} class="field" for=${`${name}-${f.id}`}><span>${f.label}</span>
      <select id=${`${name}-${f.id}`} value=${value[f.id] ?? ""} onChange=${(e) => set((now) => ({ ...now, [f.id]: e.target.value }))}>
        <option value="">${say("quiz.choose")}</option>
        ${(part.choices ?? []).map((c) => html`<option key=${c.id} value=${c.text} selected=${value[f.id] === c.text}>${c.text}</option>`)}
      </select></label>`);
}

function Fields({ part, name, value = {}, set, say }) {
  return part.fields.map((f) => html`
    <label key=${f.id} class="field" for=${`${name}-${f.id}`}><span>${f.label}</span>
      ${f.choices
        ? html`<select id=${`${name}-${f.id}`} value=${value[f.id] ?? ""} onChange=${(e) => set((now) => ({ ...now, [f.id]: e.target.value }))}>
            <option value="">${say("quiz.choose")}</option>
            ${f.choices.map((c) => html`<option key=${c} value=${c} selected=${value[f.id] === c}>${c}</option>`)}</select>`
        : html`<input id=${`${name}-${f.id}`} type="text" autocomplete="off" autocapitalize="off" spellcheck="false" size="14" value=${value[f.id] ?? ""} onInput=${(e) => set((now) => ({ ...now, [f.id]: e.target.value }))} />`}
    </label>`);
}

const told = new Map(); // by input: the last move, for those who listen

/** Moves the focus once the next picture is drawn, to the first of the selectors that can have it. */
function refocus(...selectors) {
  requestAnimationFrame(() => requestAnimationFrame(() => selectors.map((css) => document.querySelector(css)).find((e) => e && !e.disabled)?.focus()));
}

/** A sequence: what is in it, with buttons and Alt+arrows to move it, and what is not. */
function Sequence({ part, name, value = [], set, say, again = false }) {
  const text = (id) => part.choices.find((c) => c.id === id)?.text ?? id;
  const rest = again ? part.choices : part.choices.filter((c) => !value.includes(c.id));
  const move = (at, by, button) => {
    const to = at + by;
    if (to < 0 || to >= value.length) return;
    told.set(name, say("quiz.moved", { what: text(value[at]), at: to + 1, of: value.length }));
    set((now = []) => moved(now, at, by));
    refocus(`#${name}-${to} .${button}`, `#${name}-${to} button`);
  };
  const add = (id, at) => {
    told.set(name, say("quiz.moved", { what: text(id), at: value.length + 1, of: value.length + 1 }));
    set((now = []) => [...now, id]);
    refocus(`#${name}-rest-${at}`, `#${name}-rest-${at - 1}`, `#${name}-${value.length} button`);
  };
  const out = (at) => {
    told.set(name, say("quiz.outed", { what: text(value[at]) }));
    set((now = []) => now.filter((_, i) => i !== at));
    refocus(`#${name}-${Math.min(at, value.length - 2)} .out`, `#${name}-rest-0`);
  };
  const keys = (event, at) => {
    const by = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : 0;
    if (!by) return;
    event.preventDefault();
    move(at, by, by < 0 ? "up" : "down");
  };
  const drop = (event, at) => {
    event.preventDefault();
    const from = Number(event.dataTransfer.getData("text/plain"));
    if (Number.isInteger(from)) set((now = []) => moved(now, from, at - from));
  };
  return html`
    <div class="sequence">
      <p class="rest">${say("quiz.sequence")}</p>
      <p role="status" class="hidden">${told.get(name) ?? ""}</p>
      <ol>
        ${value.map((id, at) => html`
          <li key=${at} id=${`${name}-${at}`} draggable="true" onDragStart=${(e) => e.dataTransfer.setData("text/plain", String(at))} onDragOver=${(e) => e.preventDefault()} onDrop=${(e) => drop(e, at)} onKeyDown=${(e) => keys(e, at)}>
            <code>${text(id)}</code>
            <span class="moves">
              <button type="button" class="small up" disabled=${at === 0} aria-label=${say("quiz.up", { what: text(id) })} onClick=${() => move(at, -1, "up")}>↑</button>
              <button type="button" class="small down" disabled=${at === value.length - 1} aria-label=${say("quiz.down", { what: text(id) })} onClick=${() => move(at, 1, "down")}>↓</button>
              <button type="button" class="small out" aria-label=${say("quiz.out", { what: text(id) })} onClick=${() => out(at)}>✕</button>
            </span>
          </li>`)}
      </ol>
      <p class="rest">${say(again ? "quiz.offered" : "quiz.unused")}</p>
      <div class="row">${rest.map((c, at) => html`<button key=${at} id=${`${name}-rest-${at}`} type="button" class="small piece" onClick=${() => add(c.id, at)}><span aria-hidden="true">+ </span><code>${c.text}</code></button>`)}</div>
    </div>`;
}

const Steps = (props) => html`<${Sequence} ...${props} again=${true} />`;

function Script({ part, name, value, set, say }) {
  return html`
    ${part.goals && html`<ul class="goals">${part.goals.map((g) => html`<li key=${g}><code>${g}</code></li>`)}</ul>`}
    <label for=${name} class="hidden">${say("quiz.do.script")}</label>
    <textarea id=${name} rows="10" spellcheck="false" autocapitalize="off" value=${value ?? ""} onInput=${(e) => set(e.target.value)}></textarea>`;
}

function Free({ name, value, set, say }) {
  return html`<label for=${name} class="hidden">${say("quiz.do.text")}</label><input id=${name} type="text" autocomplete="off" value=${value ?? ""} onInput=${(e) => set(e.target.value)} />`;
}

const inputs = { choice: Choice, choices: Choices, number: Quantity, match: Match, fields: Fields, order: Sequence, steps: Steps, line: Lines, script: Script };

/** What an answer came to: the sum that counts, how it was read, and why. */
export function Grade({ grade, say, points = 1 }) {
  return html`
    <div class="grade">
      <p class=${grade.correct ? "good" : "bad"}><span aria-hidden="true">${grade.correct ? "✓" : "✕"}</span>
        <b>${grade.correct ? say("quiz.right") : grade.score > 0 ? say("quiz.partly", { score: say.number(Math.round(grade.score * points * 100) / 100), max: say.number(points) }) : say("quiz.wrong", { answer: grade.right_answer?.text ?? "" })}</b></p>
      ${grade.read_as && html`<p class="rest">${say("quiz.read", { what: grade.read_as })}</p>`}
      ${grade.feedback && html`<p>${grade.feedback}</p>`}
      ${grade.parts?.length > 1 && html`<ul>${grade.parts.map((p) => html`<li key=${p.id}>${say("quiz.part", { score: say.number(Math.round(p.score * points * 100) / 100), max: say.number(Math.round(p.max * points * 100) / 100), right: p.right })}</li>`)}</ul>`}
      ${grade.why?.text && !grade.feedback?.includes(grade.why.text) && html`<p>${grade.why.text}</p>`}
      ${grade.why?.source && html`<p class="rest">${say("steps.source", { source: grade.why.source })}</p>`}
      <${Film} grade=${grade} say=${say} />
    </div>`;
}

function Film({ grade, say }) {
  return html`<p class="row">
    ${grade.film && html`<a href=${grade.filmHref || "#quiz"}>${say("quiz.film")}</a>`}
    ${grade.refuted_by && html`<a href=${`#experiment=${grade.refuted_by}`}>${say("quiz.refuted")}</a>`}
    ${!grade.film && grade.experiment && html`<a href=${`#experiment=${grade.experiment}`}>${say("quiz.see")}</a>`}
  </p>`;
}
