// The script as text, to change and run, with its mistakes by line and column.

import { html } from "../app/html.js";
import { Curl } from "../app/parts.js";
import { memory } from "../app/memory.js";
import { complete, marked } from "./complete.js";

export function Editor({ state, say, act }) {
  const draft = memory.get("draft"); // what was typed last, whatever became of the page
  const rows = Math.min(40, Math.max(10, state.script.split("\n").length + 1));
  return html`
    <section class="editor card" aria-labelledby="editor-title">
      <h2 id="editor-title">${say("editor")}</h2>
      ${state.lab && html`<button type="button" class="small close" onClick=${() => act.lab.editor(false)}>${say("close")}</button>`}
      <p class="quiet" id="editor-lead">${say("editor.lead")}</p>
      <div class="editbox">
        <pre class="marks" aria-hidden="true">${marked(state.script, state.errors).map((p, n) => (p.wrong ? html`<mark key=${n}>${p.text}</mark>` : p.text))}${"\n"}</pre>
        <textarea id="script" aria-labelledby="editor-title" aria-describedby="editor-lead script-errors" aria-invalid=${state.errors.length > 0 ? "true" : null}
          aria-controls="script-words" aria-autocomplete="list" spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off" rows=${rows}
          value=${state.script} onInput=${(e) => act.lab.type(e.currentTarget)} onKeyDown=${(e) => act.lab.complete(e)} onBlur=${() => act.lab.closeWords()}
          onScroll=${(e) => follow(e.currentTarget)}></textarea>
      </div>
      <ul id="script-words" class="words" role="listbox" aria-label=${say("editor.words")} hidden=${state.words.list.length === 0}>
        ${state.words.list.map((w, n) => html`<li key=${w} role="option" aria-selected=${n === state.words.at ? "true" : "false"} onPointerDown=${(e) => (e.preventDefault(), act.lab.takeWord(n))}><code>${w}</code></li>`)}
      </ul>
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

/** Keeps the marks under the text that they belong to. */
function follow(area) {
  const marks = area.previousElementSibling;
  marks.scrollTop = area.scrollTop;
  marks.scrollLeft = area.scrollLeft;
}

export const newWords = () => ({ list: [], at: 0, start: 0 }); // what may be typed next, and which is picked

/** The list of words that fit at the cursor: Tab takes one, the arrow keys pick, Escape closes it. */
export function wordActs({ state, draw, lab }) {
  const area = () => document.getElementById("script");

  function offer(always) {
    const { value, selectionStart } = area();
    const { start, words } = complete(value, selectionStart);
    state.words = always || selectionStart > start ? { list: words, at: 0, start } : newWords();
    draw();
  }

  const words = {
    type(target) {
      lab.edit(target.value);
      offer(false);
    },

    closeWords() {
      if (state.words.list.length === 0) return;
      state.words = newWords();
      draw();
    },

    complete(event) {
      const { list, at } = state.words;
      if (event.key === " " && event.ctrlKey) return void (event.preventDefault(), offer(true));
      if (list.length === 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const does = {
        Tab: () => words.takeWord(at), Escape: () => words.closeWords(),
        ArrowDown: () => pick(at + 1), ArrowUp: () => pick(at - 1),
      }[event.key];
      if (!does) return;
      event.preventDefault();
      event.stopPropagation();
      does();
    },

    /** Puts the n-th word in the place of what was begun. */
    takeWord(n) {
      const { list, start } = state.words;
      const field = area();
      field.setRangeText(`${list[n]} `, start, field.selectionStart, "end"); // which leaves the cursor behind it
      state.words = newWords();
      lab.edit(field.value);
    },
  };

  function pick(n) {
    state.words.at = (n + state.words.list.length) % state.words.list.length;
    draw();
  }

  return words;
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
