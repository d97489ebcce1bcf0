// The heat map of bind rules: a grid of words and colours that arrow keys walk through.

import { html } from "../app/html.js";
import { addrOf, differs, optionsOf, resultOf, shown, wordOf } from "./matrix.js";

/** What kind of outcome it is, for its colour and its shape. */
export function kindOf(result) {
  const word = wordOf(result);
  if (word === "ok" || word === "unknown") return word;
  if (word === "" || word === "not run") return "idle";
  return word.startsWith("listen") ? "listen" : "refused";
}

// A cell of the whole map has room for some letters only; the legend says what they stand for.
const short = { unknown: "?", "not run": "–", "": "·" };
const clipped = (word) => short[word] ?? word.replace("listen: ", "listen ").replace(/\bE(ADDR)?(?=[A-Z])/, "").replace("NOPROTOOPT", "NOOPT");

const roomy = 8; // columns up to which words stand in full

export function HeatMap({ m, say, act }) {
  const { rows, columns } = shown(m);
  const wide = columns.length > roomy;
  const focus = [rows.includes(m.focus[0]) ? m.focus[0] : rows[0], columns.includes(m.focus[1]) ? m.focus[1] : columns[0]];
  return html`
    <div class="scroll">
      <table role="grid" class=${wide ? "map wide" : "map"} aria-labelledby="map-title" aria-describedby="map-help" onKeyDown=${(e) => walk(e, rows, columns, act)}>
        <thead role="rowgroup">
          <tr role="row">
            <td role="gridcell" colspan="2" rowspan="2" class="corner"><span class="down">${say("map.old")} ↓</span><span>${say("map.new")} →</span></td>
            ${groups(columns, m.data.columns).map(([addr, list]) => html`<th key=${addr} role="columnheader" scope="colgroup" colspan=${list.length} class="edge"><code>${addr}</code></th>`)}
          </tr>
          <tr role="row">
            ${columns.map((c, n) => html`<th key=${c} role="columnheader" scope="col" class=${edge(n, columns, m.data.columns)}><${Options} s=${m.data.columns[c]} wide=${wide} say=${say} /></th>`)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${groups(rows, m.data.rows).map(([addr, list]) => list.map((r, n) => html`
            <tr role="row" key=${r} class=${n === 0 ? "first" : ""}>
              ${n === 0 && html`<th role="rowheader" scope="rowgroup" rowspan=${list.length} class="addr" key="addr"><code>${addr}</code></th>`}
              <th role="rowheader" scope="row" class="opts" key="opts"><${Options} s=${m.data.rows[r]} wide=${wide} say=${say} /></th>
              ${columns.map((c, k) => html`<${Cell} key=${c} m=${m} r=${r} c=${c} wide=${wide} edge=${edge(k, columns, m.data.columns)} tab=${r === focus[0] && c === focus[1]} say=${say} act=${act} />`)}
            </tr>`))}
        </tbody>
      </table>
    </div>
    <p id="map-help" class="quiet">${say("map.help")}</p>`;
}

/** Places grouped by address, in their order. */
function groups(places, all) {
  const by = [];
  for (const n of places) {
    const addr = addrOf(all[n]);
    if (by.at(-1)?.[0] === addr) by.at(-1)[1].push(n);
    else by.push([addr, [n]]);
  }
  return by;
}

const edge = (n, places, all) => (n === 0 || addrOf(all[places[n]]) !== addrOf(all[places[n - 1]]) ? "edge" : "");

const letters = { none: "–", reuseaddr: "A", reuseport: "P", both: "AP" };

function Options({ s, wide, say }) {
  const o = optionsOf(s);
  if (!wide) return html`<span class="full">${say(`options.${o}`)}</span>`;
  return html`<abbr title=${say(`options.${o}`)}>${letters[o]}</abbr>`;
}

function Cell({ m, r, c, wide, edge, tab, say, act }) {
  const result = resultOf(m, m.system, r, c);
  const kernel = resultOf(m, "kernel", r, c);
  const model = resultOf(m, "model", r, c);
  const odd = differs(model, kernel);
  const picked = m.pick?.[0] === r && m.pick?.[1] === c;
  const classes = [kindOf(result), edge, odd && "odd", picked && "picked"].filter(Boolean).join(" ");
  const words = odd ? [wordOf(model), wordOf(kernel)] : [wordOf(result)];
  const full = words.map((w) => spoken(w, say)).join(" ≠ ");
  const text = odd ? say("map.odd", { text: full }) : full;
  return html`
    <td role="gridcell" class=${classes} tabindex=${tab ? 0 : -1} data-row=${r} data-column=${c} aria-selected=${picked ? "true" : "false"}
      title=${titleOf(m, r, c, text, say)}
      onClick=${() => act.matrix.pick(r, c).then(reveal)} onFocus=${() => tab || act.matrix.focus(r, c)}>
      ${wide ? html`<span aria-hidden="true">${odd && "≠ "}${words.map((w) => clipped(w)).join(" ")}</span><span class="hidden">${text}</span>` : odd ? html`<b>≠</b> ${text}` : text}
    </td>`;
}

const spoken = (word, say) => (word === "" ? say("word.unmeasured") : ["unknown", "not run"].includes(word) ? say(`word.${word}`) : word);

function titleOf(m, r, c, word, say) {
  const name = (s) => `${addrOf(s)}, ${say(`options.${optionsOf(s)}`)}`;
  return say("map.cell", { old: name(m.data.rows[r]), fresh: name(m.data.columns[c]), word });
}

const keys = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-4, 0], PageDown: [4, 0] };

/** Arrow keys go from cell to cell, Home and End to the ends of a row, Enter and the space bar pick. */
function walk(event, rows, columns, act) {
  const cell = event.target.closest("td[data-row]");
  if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
  const [r, c] = [Number(cell.dataset.row), Number(cell.dataset.column)];
  if (event.key === "Enter" || event.key === " ") {
    act.matrix.pick(r, c).then(reveal);
  } else {
    const [down, right] = keys[event.key] || (event.key === "Home" ? [0, -Infinity] : event.key === "End" ? [0, Infinity] : []);
    if (down === undefined) return;
    const at = (places, now, by) => places[Math.max(0, Math.min(places.length - 1, places.indexOf(now) + by))];
    const next = cell.closest("table").querySelector(`td[data-row="${at(rows, r, down)}"][data-column="${at(columns, c, right)}"]`);
    next?.focus();
  }
  event.preventDefault();
}

/** Brings the trial that was picked into sight, once it is there. */
function reveal() {
  const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    document.getElementById("trial")?.scrollIntoView({ block: "nearest", behavior: quiet ? "auto" : "smooth" });
  }));
}

/** What the words and colours of the map mean, those that it has. */
export function Legend({ m, say }) {
  const seen = new Set(m.data.cells.map((_, n) => kindOf(resultOf(m, m.system, Math.floor(n / m.data.columns.length), n % m.data.columns.length))));
  const kinds = [["ok", "ok"], ["refused", "INUSE"], ["listen", "listen INUSE"], ["unknown", "?"], ["idle", "–"]].filter(([kind]) => seen.has(kind));
  return html`
    <ul class="legend" aria-label=${say("legend")}>
      ${kinds.map(([kind, word]) => html`<li key=${kind}><span class=${`swatch ${kind}`} aria-hidden="true">${word}</span> ${say(`legend.${kind}`)}</li>`)}
      <li><span class="swatch odd" aria-hidden="true">≠</span> ${say("legend.odd")}</li>
      <li><code>–</code> <code>A</code> <code>P</code> <code>AP</code>: ${say("legend.options")}</li>
    </ul>`;
}
