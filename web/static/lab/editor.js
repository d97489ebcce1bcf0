// The script as text, to change and run, with its mistakes by line and column.

import { html } from "../app/html.js";
import { Curl } from "../app/parts.js";
import { memory } from "../app/memory.js";

export function Editor({ state, say, act }) {
  const draft = memory.get("draft"); // what was typed last, whatever became of the page
  const rows = Math.min(40, Math.max(10, state.script.split("\n").length + 1));
  return html`
    <section class="editor card" aria-labelledby="editor-title">
      <h2 id="editor-title">${say("editor")}</h2>
      ${state.lab && html`<button type="button" class="small close" onClick=${() => act.lab.editor(false)}>${say("close")}</button>`}
      <p class="quiet" id="editor-lead">${say("editor.lead")}</p>
      <textarea id="script" aria-labelledby="editor-title" aria-describedby="editor-lead script-errors" aria-invalid=${state.errors.length > 0 ? "true" : null}
        spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off" rows=${rows}
        value=${state.script} onInput=${(e) => act.lab.edit(e.currentTarget.value)}></textarea>
      <div id="script-errors" role="status">
        ${state.errors.length > 0 && html`
          <p class="bad"><b>${say("editor.errors", { n: state.errors.length })}</b></p>
          <ul class="errors">${state.errors.map((e, n) => html`
            <li key=${n}><button type="button" class="bare" onClick=${() => goTo(e)}>${e.line ? say("editor.error", e) : e.detail}</button></li>`)}</ul>`}
      </div>
      <div class="row">
        <fieldset class="inline">
          <legend>${say("editor.worlds")}</legend>
          ${(state.capabilities?.worlds || []).filter((w) => w.name !== "model:linux").map((w) => html`
            <label key=${w.name} class="check"><input type="checkbox" checked=${state.pick.includes(w.name)} disabled=${!w.runs} onChange=${() => act.lab.toggle(w.name)} /> ${say.has(`world.${w.name}`) ? say(`world.${w.name}`) : w.name}</label>`)}
        </fieldset>
        <button type="button" class="primary" disabled=${state.busy || state.pick.length === 0} onClick=${() => act.lab.runScript()}>${say("editor.run")}</button>
        ${draft && draft !== state.script && html`<button type="button" key="draft" onClick=${() => act.lab.edit(draft)}>${say("editor.draft")}</button>`}
        <button type="button" disabled=${state.script === state.original} onClick=${() => act.lab.edit(state.original)}>${say("editor.reset")}</button>
      </div>
      <${Curl} command=${`curl -s '${location.origin}/v1/labs?worlds=${state.pick.join(",")}' -H 'Content-Type: text/plain' -H 'Prefer: wait=60' --data-binary @script.txt`} what="curl.script" say=${say} act=${act} />
    </section>`;
}

/** Puts the cursor where a mistake is. */
function goTo({ line, column }) {
  const area = document.getElementById("script");
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0) + (column || 1) - 1;
  area.focus();
  const word = /^\S*/.exec(area.value.slice(start))[0].length;
  area.setSelectionRange(start, start + Math.max(1, word));
}
