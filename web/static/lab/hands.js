// Hands on: calls and wire words that make sense now, each a line of the script. The first one forks what is
// shown, at the step that is shown, into a lab of one's own.

import { html } from "../app/html.js";
import { post } from "../app/api.js";
import { offers, nextTimer } from "./offers.js";

export function handActs({ state, draw, attempt, say, lab, scene, begin, catchUp, refresh, named }) {
  /** A lab that takes lines: the one shown, or a fork of it at the step shown. */
  async function live({ now }) {
    if (state.lab.live && now.moment >= now.total - 1) return;
    const forked = await post(`/v1/labs/${state.lab.id}/forks`, { at_step: now.upto + 1 }, { lang: state.lang, headers: { Prefer: "wait=5" } });
    Object.assign(state, { experiment: null, fixes: null });
    begin(forked);
    await catchUp();
  }

  async function append(line) {
    const { id, steps, script } = state.lab;
    const before = steps.length;
    await post(`/v1/labs/${id}/steps`, { script: `${line}\n` }, { lang: state.lang, headers: { Prefer: "wait=5" } });
    state.cursor = null;
    await refresh(id);
    await catchUp();
    if (state.lab.id !== id) return;
    state.script = state.original = state.lab.script || `${script}${line}\n`;
    state.said = state.lab.steps.length > before ? `${line}: ${Object.values(state.lab.steps.at(-1).results)[0]?.result ?? ""}` : line;
    await named({ enter: false });
  }

  return {
    /** Opens an empty lab, with both hosts and nothing on them. */
    empty: (worlds = ["model"]) =>
      attempt(async () => {
        const made = await post("/v1/labs", { worlds }, { lang: state.lang });
        Object.assign(state, { experiment: null, script: "", original: "", fixes: null, hands: true, editing: false });
        begin(made);
        await catchUp();
        await named();
      }),

    hands(on) {
      state.hands = on;
      draw();
    },

    /** Runs one line now. */
    press: (line) =>
      attempt(async () => {
        state.errors = [];
        await live({ now: scene() });
        await append(line);
      }),

    /** Takes back the last line: a fork that does not have it. */
    undo: () =>
      attempt(async () => {
        const keep = state.lab.steps.length - 1;
        if (keep < 0) return;
        const forked = await post(`/v1/labs/${state.lab.id}/forks`, { at_step: keep }, { lang: state.lang, headers: { Prefer: "wait=5" } });
        Object.assign(state, { experiment: null, fixes: null });
        begin(forked);
        await catchUp();
        await named({ enter: false });
      }),

    /** Runs on the kernel too what was done by hand. */
    handsOnKernel: () => lab.runScript(state.lab.script, ["model", "kernel"]),
  };
}

export function Hands({ state, scene, say, act }) {
  const groups = offers(scene, state.lab);
  const timer = nextTimer(scene);
  const kernel = state.capabilities?.worlds?.find((w) => w.name === "kernel")?.runs;
  return html`
    <section class="hands" aria-labelledby="hands-title">
      <h2 id="hands-title">${say("hands")}</h2>
      <p class="quiet">${say(state.lab.live ? "hands.live" : "hands.fork", { n: scene.upto + 1 })}</p>
      ${groups.map(({ actor, lines }) => html`
        <div key=${actor} class="hand-group" role="group" aria-label=${say(actor)}>
          <h3>${say(actor)}</h3>
          <p>${lines.map((line) => html`<button type="button" key=${line} class="small" disabled=${state.busy} onClick=${() => act.lab.press(`+0 ${actor} ${line}`)}><code>${line}</code></button> `)}</p>
        </div>`)}
      ${timer > 0 && timer < Infinity && html`<p key="timer"><button type="button" class="small" disabled=${state.busy} onClick=${() => act.lab.press(`+${Math.ceil(timer * 1000) + 1}ms server sockets`)}>${say("hands.timer", { time: say.time(timer) })}</button></p>`}
      <form class="row" onSubmit=${(e) => (e.preventDefault(), typed(e.currentTarget, act))}>
        <label class="typed"><span class="hidden">${say("hands.line")}</span><input type="text" name="line" placeholder="+0 server state a" autocomplete="off" spellcheck="false" list="hand-lines" /></label>
        <datalist id="hand-lines">${groups.flatMap(({ actor, lines }) => lines.map((line) => html`<option key=${`${actor} ${line}`} value=${`+0 ${actor} ${line}`}></option>`))}</datalist>
        <button type="submit" class="small" disabled=${state.busy}>${say("hands.run")}</button>
        ${state.lab.live && state.lab.steps.length > 0 && html`<button type="button" key="undo" class="small" disabled=${state.busy} onClick=${() => act.lab.undo()}>${say("hands.undo")}</button>`}
        ${kernel && state.lab.live && state.lab.steps.length > 0 && html`<button type="button" key="kernel" class="small" disabled=${state.busy} onClick=${() => act.lab.handsOnKernel()}>${say("hands.kernel")}</button>`}
      </form>
      ${state.errors.length > 0 && html`<ul class="errors" role="alert">${state.errors.map((e, n) => html`<li key=${n} class="bad">${e.detail}</li>`)}</ul>`}
    </section>`;
}

function typed(form, act) {
  const line = form.elements.line.value.trim();
  if (line) act.lab.press(line);
  form.reset();
}
