// The library: the experiments by group, the question first, found by any word.

import { html } from "../app/html.js";
import { Curl } from "../app/parts.js";
import { missedLines } from "./guess.js";

export function Library({ state, say, act }) {
  const words = state.filter.trim().toLowerCase();
  const list = (state.experiments || []).filter((e) => !words || `${e.question} ${e.title} ${e.id} ${e.tags.join(" ")}`.toLowerCase().includes(words));
  return html`
    <div class="veil" onClick=${(e) => e.target === e.currentTarget && act.lab.library(false)}>
      <div class="sheet-dialog library" role="dialog" aria-modal="true" aria-labelledby="library-title">
        <header>
          <h2 id="library-title">${say("library")}</h2>
          <input id="library-filter" type="search" placeholder=${say("library.filter")} aria-label=${say("library.filter")} value=${state.filter} onInput=${(e) => act.lab.filter(e.currentTarget.value)} />
          <button type="button" class="small" onClick=${() => act.lab.library(false)}>${say("close")}</button>
        </header>
        <nav class="shelf" aria-label=${say("library")}>
          ${!state.experiments && html`<p class="quiet">${say("shelf.loading")}</p>`}
          ${state.experiments && list.length === 0 && html`<p class="quiet">${say("library.none")}</p>`}
          <${Missed} list=${list} say=${say} act=${act} />
          ${groups(list).map(([name, items]) => html`
            <section key=${name}>
              <h3 class="group">${items[0].chapter || say("group.other")}</h3>
              <ul>${items.map((e) => html`<li key=${e.id}><${Entry} e=${e} current=${e.id === state.experiment?.id} act=${act} /></li>`)}</ul>
            </section>`)}
        </nav>
        <${Curl} command=${`curl -s ${location.origin}/v1/experiments`} what="curl.experiments" say=${say} act=${act} />
      </div>
    </div>`;
}

/** What was guessed wrong, to come back to. */
function Missed({ list, say, act }) {
  const ids = new Set(missedLines().map((m) => m.experiment));
  const items = list.filter((e) => ids.has(e.id));
  if (items.length === 0) return null;
  return html`<section key="missed"><h3 class="group">${say("library.missed")}</h3><ul>${items.map((e) => html`<li key=${e.id}><${Entry} e=${e} act=${act} /></li>`)}</ul></section>`;
}

function Entry({ e, current, act }) {
  return html`
    <a href=${`#experiment=${e.id}`} aria-current=${current ? "true" : null} onClick=${(event) => (event.preventDefault(), act.lab.choose(e.id))}>
      <span class="question">${e.question}</span>
      <span class="title">${e.title}</span>
    </a>`;
}

/** Groups by the first tag, in the order of the library. */
function groups(list) {
  const by = new Map();
  for (const e of list) {
    const name = e.tags?.[0] || "other";
    if (!by.has(name)) by.set(name, []);
    by.get(name).push(e);
  }
  return [...by];
}
