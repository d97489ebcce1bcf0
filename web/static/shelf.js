// The shelf: the experiments by group, the question first.

import { html } from "./ink.js";
import { Curl } from "./parts.js";

export function Shelf({ state, say, act }) {
  if (!state.experiments) return html`<p class="quiet">${say("shelf.loading")}</p>`;
  const current = state.experiments.find((e) => e.id === state.chosen);
  return html`
    <nav class="shelf" aria-label=${say("shelf")}>
      <details class="fold" open=${state.shelfOpen} onToggle=${(e) => act.shelf(e.currentTarget.open)}>
        <summary><span class="summary-label">${say("shelf.choose")}</span></summary>
        ${groups(state.experiments).map(
          ([name, list]) => html`
            <section key=${name}>
              <h2 class="group">${say.has(`group.${name}`) ? say(`group.${name}`) : name}</h2>
              <ul>
                ${list.map((e) => html`<li key=${e.id}><${Entry} e=${e} current=${e === current} act=${act} /></li>`)}
              </ul>
            </section>`,
        )}
        <${Curl} command=${`curl -s ${location.origin}/v1/experiments`} what="curl.experiments" say=${say} act=${act} />
      </details>
    </nav>`;
}

function Entry({ e, current, act }) {
  return html`
    <a href=${`#experiment=${e.id}`} aria-current=${current ? "true" : null}
       onClick=${(event) => (event.preventDefault(), act.choose(e.id))}>
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
