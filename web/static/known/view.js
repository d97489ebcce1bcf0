// The known differences: where systems do not behave alike, for people. What the lab calls "known difference" leads here.

import { html } from "../app/html.js";
import { Curl } from "../app/parts.js";
import { get } from "../app/api.js";

export const fresh = () => ({ known: { items: null, id: "", words: "" } });

export function acts({ state, draw }) {
  const k = state.known;

  const load = async () => void (k.items = (await get("/v1/differences", { lang: state.lang })).items);

  return {
    async read(params) {
      k.id = params.get("differences") || "";
      if (!k.items) await load();
      requestAnimationFrame(() => requestAnimationFrame(() => k.id && document.getElementById(`difference-${k.id}`)?.scrollIntoView({ block: "start" })));
    },

    again: load,

    filter(words) {
      k.words = words;
      draw();
    },
  };
}

export function View({ state, say, act }) {
  const { items, id, words } = state.known;
  const wanted = words.trim().toLowerCase();
  const list = (items ?? []).filter((d) => !wanted || `${d.id} ${d.text} ${d.source} ${d.worlds.flat().join(" ")}`.toLowerCase().includes(wanted));
  const unknown = id && items && !items.some((d) => d.id === id);
  return html`
    <div class="ask"><p class="eyebrow">${say("nav.differences")}</p><h1>${say("known.title")}</h1><p class="quiet">${say("known.lead")}</p></div>
    <p class="row"><label for="known-filter">${say("known.filter")}</label> <input id="known-filter" type="search" value=${words} onInput=${(e) => act.differences.filter(e.currentTarget.value)} /></p>
    ${unknown && html`<p class="notice" role="alert">${say("known.unknown", { id })}</p>`}
    ${items && list.length === 0 && html`<p class="quiet">${say("known.none")}</p>`}
    <ul class="known">${list.map((d) => html`<${Difference} key=${d.id} d=${d} here=${d.id === id} say=${say} />`)}</ul>
    <${Curl} command=${`curl -s ${location.origin}/v1/differences`} what="curl.differences" say=${say} act=${act} />`;
}

function Difference({ d, here, say }) {
  const name = (w) => (say.has(`world.${w}`) ? say(`world.${w}`) : w);
  return html`
    <li id=${`difference-${d.id}`} class=${here ? "card here" : "card"}>
      <h2><a href=${`#differences=${d.id}`}><code>${d.id}</code></a></h2>
      <p class="quiet">${d.worlds.map((side) => side.map(name).join(", ")).join(" ≠ ")}${d.kernel && ` (${d.kernel})`}</p>
      <p>${d.text}</p>
      <p class="source">${d.source}</p>
      ${d.seen.length > 0 && html`<p>${say("known.seen")} ${d.seen.map((e) => html`<a key=${e} href=${`#experiment=${e}`}>${e}</a> `)}</p>`}
    </li>`;
}
