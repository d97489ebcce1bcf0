// The page of the matrix: what is chosen, the map, what was measured, a trial in full, the systems side by side.

import { html, keep } from "../app/html.js";
import { Curl, beyond } from "../app/parts.js";
import { HeatMap, Legend, kindOf } from "./map.js";
import * as matrix from "./matrix.js";

export const fresh = () => ({ matrix: matrix.newMatrix() });
export const acts = matrix.matrixActs;
export { Matrix as View };

const { states, rolesOf, roleWord, systems, options, addrOf, optionsOf, wordOf } = matrix;

export function Matrix({ state, say, act }) {
  const m = state.matrix;
  const measured = matrix.measuredOf(m);
  const seen = [measured?.cells.length, measured?.summary]; // a map has hundreds of cells: it is drawn when it has changed
  const kernel = state.capabilities?.worlds.find((w) => w.name === "kernel");
  return html`
    <div class="ask"><p class="eyebrow">${say("nav.matrix")}</p><h1>${say("matrix.title")}</h1><p class="quiet">${say("matrix.lead")}</p></div>
    ${m.wrong.map(([key, value]) => html`<p class="notice" role="alert" key=${key}>${say("matrix.wrong", { key, value })}</p>`)}
    <${Choices} m=${m} say=${say} act=${act} />
    <${Measuring} m=${m} kernel=${kernel} state=${state} say=${say} act=${act} />
    ${!m.data && html`<p class="quiet">${say("matrix.loading")}</p>`}
    ${m.data && html`
      <section class="card mapcard" aria-labelledby="map-title">
        <h2 id="map-title">${say("matrix.caption", { existing: m.existing, role: say(roleWord(m)), system: say(`system.${m.system}`) })}</h2>
        ${m.system !== "model" && m.system !== "kernel" && html`<p class="notice">${say("matrix.documented")}</p>`}
        ${m.system === "kernel" && !matrix.measuredOf(m) && html`<p class="notice">${say("matrix.unmeasured")}</p>`}
        ${keep("map", [m.data, m.system, m.old, m.fresh, m.focus, m.pick, ...seen, say.lang], () => html`<${Legend} m=${m} say=${say} /><${HeatMap} m=${m} say=${say} act=${act} />`)}
      </section>
      ${m.pick && html`<${Trial} m=${m} state=${state} say=${say} act=${act} />`}
      ${keep("systems", [m.data, m.system, ...seen, say.lang], () => html`<${Systems} m=${m} say=${say} act=${act} />`)}
      <${Whole} m=${m} say=${say} act=${act} />
      <${Curl} command=${`curl -s '${location.origin}${matrix.matrixQuery(m)}'`} what="curl.matrix" say=${say} act=${act} />`}`;
}

function Choice({ word, value, of, onPick, say }) {
  return html`
    <div class="field">
      <label for=${`matrix-${word}`}>${say(`matrix.${word}`)}</label>
      <select id=${`matrix-${word}`} onChange=${(e) => onPick(e.currentTarget.value)}>
        ${of.map(([v, text]) => html`<option key=${v} value=${v} selected=${v === value}>${text}</option>`)}
      </select>
    </div>`;
}

function Choices({ m, say, act }) {
  const all = ["", say("matrix.all")];
  const addresses = (list) => [all, ...[...new Set(list?.map(addrOf))].map((a) => [a, a])];
  const optionList = [all, ...options.map((o) => [o, say(`options.${o}`)])];
  const choose = (change) => act.matrix.choose(change);
  return html`
    <div class="card choices">
      <fieldset><legend>${say("matrix.old")}</legend>
        <${Choice} word="existing" value=${m.existing} of=${states.map((s) => [s, s])} onPick=${(existing) => choose({ existing })} say=${say} />
        <${Choice} word="role" value=${m.role} of=${rolesOf(m.existing).map((role) => [role, say(roleWord({ existing: m.existing, role }))])} onPick=${(role) => choose({ role })} say=${say} />
        <${Choice} word="old.addr" value=${m.old.addr} of=${addresses(m.data?.rows)} onPick=${(addr) => choose({ old: { ...m.old, addr } })} say=${say} />
        <${Choice} word="old.options" value=${m.old.options} of=${optionList} onPick=${(o) => choose({ old: { ...m.old, options: o } })} say=${say} />
      </fieldset>
      <fieldset><legend>${say("matrix.new")}</legend>
        <${Choice} word="new.addr" value=${m.fresh.addr} of=${addresses(m.data?.columns)} onPick=${(addr) => choose({ fresh: { ...m.fresh, addr } })} say=${say} />
        <${Choice} word="new.options" value=${m.fresh.options} of=${optionList} onPick=${(o) => choose({ fresh: { ...m.fresh, options: o } })} say=${say} />
      </fieldset>
      <fieldset><legend>${say("matrix.answers")}</legend>
        <${Choice} word="system" value=${m.system} of=${systems.map((s) => [s, say(`system.${s}`)])} onPick=${(system) => choose({ system })} say=${say} />
      </fieldset>
    </div>`;
}

/** The button that asks this kernel, how far it is, and what came of it. */
function Measuring({ m, kernel, state, say, act }) {
  if (kernel && !matrix.tries(kernel)) return html`<div class="notice"><p>${say("kernel.not", { why: kernel.why || "" })}</p>${kernel.remedy && html`<p class="quiet">${say("kernel.remedy", { remedy: kernel.remedy })}</p>`}</div>`;
  const { run } = m;
  const total = act.matrix.total();
  const release = state.capabilities?.system?.kernel || "";
  return html`
    <div class="measuring">
      ${!run && html`
        <div class="row" key="buttons">
          <button type="button" class="primary" disabled=${state.busy || !m.data} onClick=${() => act.matrix.measure(false)}>${say("matrix.measure", { n: say.number(matrix.sizeOf(m)) })}</button>
          <button type="button" disabled=${state.busy || !m.data} onClick=${() => act.matrix.measure(true)}>${say("matrix.measure.all", { n: say.number(matrix.wholeSize) })}</button>
        </div>`}
      ${run && html`
        <div class="row" key="run">
          <progress max=${run.total} value=${run.done} aria-label=${say("matrix.progress")}></progress>
          <p class="count">${say("matrix.done", { n: say.number(run.done), total: say.number(run.total), part: run.part ? `${run.part.existing}, ${say(roleWord(run.part))}` : "" })}</p>
          <button type="button" onClick=${() => act.matrix.stop()}>${say("run.stop")}</button>
        </div>`}
      <p role="status" class="outcome">
        ${m.stopped && html`<span>${say("matrix.stopped")} </span>`}
        ${!run && total.trials > 0 && html`<b class=${total.differ ? "bad" : "good"}><span aria-hidden="true">${total.differ ? "≠" : "✓"}</span> ${say("matrix.total", { ...counts(total, say), release })}</b>`}
      </p>
    </div>`;
}

const counts = (summary, say) => Object.fromEntries(Object.entries(summary).map(([key, n]) => [key, say.number(n)]));

/** The trial of the cell that was picked: every system's answer with its rule, and its script. */
function Trial({ m, state, say, act }) {
  const [row, column] = m.pick;
  const [old, fresh] = [m.data.rows[row], m.data.columns[column]];
  const { trial } = m;
  const kernel = trial?.results.kernel;
  return html`
    <section class="card trial" id="trial" aria-labelledby="trial-title">
      <h2 id="trial-title">${say("trial.title", {
        existing: m.existing, role: say(roleWord(m)), old: addrOf(old), oldOptions: say(`options.${optionsOf(old)}`), fresh: addrOf(fresh), freshOptions: say(`options.${optionsOf(fresh)}`),
      })}</h2>
      ${!trial && html`<p class="quiet">${say("trial.asking")}</p>`}
      ${trial && html`
        <div class="answers">
          ${systems.filter((s) => trial.results[s]).map((s) => html`<${Answer} key=${s} system=${s} result=${trial.results[s]} odd=${s === "kernel" && matrix.differs(trial.results.model, kernel)} say=${say} />`)}
        </div>
        <h3>${say("trial.script")}</h3>
        <pre class="script" tabindex="0" role="group" aria-label=${say("trial.script")}>${trial.script}</pre>
        <div class="row">
          <button type="button" class="primary" disabled=${state.busy} onClick=${() => act.lab.take(trial.script, kernel ? ["model", "kernel"] : ["model"])}>${say(kernel ? "trial.run" : "trial.run.model")}</button>
          <button type="button" onClick=${() => act.lab.take(trial.script)}>${say("trial.edit")}</button>
        </div>
        <${Curl} command=${`curl -s ${location.origin}/v1/trials -H 'Content-Type: application/json' -d '${JSON.stringify(matrix.trialOf(m.data, row, column, ["model", "kernel"]))}'`} what="curl.trial" say=${say} act=${act} />`}
    </section>`;
}

function Answer({ system, result, odd, say }) {
  const why = result.why;
  return html`
    <div class=${`answer ${kindOf(result)}${odd ? " odd" : ""}`}>
      <h3>${say(`system.${system}`)}</h3>
      <p class="word"><${Word} result=${result} say=${say} />${odd && html` <b class="bad">≠ ${say("verdict.differ")}</b>`}</p>
      ${why ? html`<p>${why.text}</p><ul class="plain">${beyond(why, say).map((t) => html`<li key=${t}>${t}</li>`)}</ul><p class="quiet">${say("trial.rule", { rule: why.rule })}</p>`
        : system === "kernel" && html`<p class="quiet">${say("trial.measured")}</p>`}
      ${system === "kernel" && !odd && !why && html`<p class="good"><span aria-hidden="true">✓</span> ${say("trial.agrees")}</p>`}
    </div>`;
}

const glyphs = { ok: "✓", unknown: "?", idle: "○" };

function Word({ result, say }) {
  const word = wordOf(result);
  const listened = result.bind === "ok" && result.listen === "ok" ? ` (${say("trial.listened")})` : "";
  return html`<span aria-hidden="true">${glyphs[kindOf(result)] || "✕"}</span> ${["unknown", "not run"].includes(word) ? say(`word.${word}`) : word}${listened}`;
}

/** The map of every system, small, with how far it is from Linux. */
function Systems({ m, say, act }) {
  return html`
    <section class="card" aria-labelledby="systems-title">
      <h2 id="systems-title">${say("systems.title")}</h2>
      <p class="quiet">${say("systems.lead")}</p>
      <ul class="systems">
        ${systems.map((s) => html`
          <li key=${s}>
            <button type="button" aria-pressed=${m.system === s ? "true" : "false"} onClick=${() => act.matrix.choose({ system: s })}>
              <b>${say(`system.${s}`)}</b>
              <${Thumb} m=${m} system=${s} />
              <span class="counts">${countsOf(m, s, say)}</span>
            </button>
          </li>`)}
      </ul>
    </section>`;
}

function countsOf(m, system, say) {
  const words = new Map();
  for (let r = 0; r < m.data.rows.length; r++) {
    for (let c = 0; c < m.data.columns.length; c++) {
      const word = wordOf(matrix.resultOf(m, system, r, c));
      words.set(word, (words.get(word) || 0) + 1);
    }
  }
  if (words.get("") === m.data.rows.length * m.data.columns.length) return say("systems.unmeasured");
  const parts = [...words].filter(([w]) => w).sort((a, b) => b[1] - a[1]).map(([w, n]) => `${["unknown", "not run"].includes(w) ? say(`word.${w}`) : w} ${n}`);
  if (system !== "model") parts.push(say("systems.differ", { n: matrix.distance(m, "model", system) }));
  return parts.join(" · ");
}

/** A map without words: filled is refused, half is refused by listen, hollow is not known. The counts beside it say the same. */
function Thumb({ m, system }) {
  const marks = { ok: [], refused: [], listen: [], unknown: [] };
  m.data.rows.forEach((_, r) => m.data.columns.forEach((_, c) => {
    const kind = kindOf(matrix.resultOf(m, system, r, c));
    if (kind === "ok") marks.ok.push(`M${c * 6} ${r * 6}h5v5h-5z`);
    else if (kind === "refused") marks.refused.push(`M${c * 6} ${r * 6}h5v5h-5z`);
    else if (kind === "listen") marks.listen.push(`M${c * 6} ${r * 6}v5h5z`);
    else marks.unknown.push(`M${c * 6 + 1.5} ${r * 6 + 1.5}h2v2h-2z`);
  }));
  const [w, h] = [m.data.columns.length * 6, m.data.rows.length * 6];
  return html`
    <svg class="thumb" viewBox=${`0 0 ${w} ${h}`} width=${w} height=${h} aria-hidden="true">
      ${Object.entries(marks).map(([kind, d]) => html`<path key=${kind} class=${`fill-${kind}`} d=${d.join("")} />`)}
    </svg>`;
}

/** All states in all roles: what was measured of each, and the way there. */
function Whole({ m, say, act }) {
  return html`
    <section class="card" aria-labelledby="whole-title">
      <h2 id="whole-title">${say("whole.title")}</h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="whole-title">
        <table role="table" class="whole">
          <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">${say("matrix.existing")}</th>${matrix.roles.map((r) => html`<th key=${r} scope="col" role="columnheader">${say(`role.${r}`)}</th>`)}</tr></thead>
          <tbody role="rowgroup">
            ${states.map((existing) => html`
              <tr role="row" key=${existing}>
                <th scope="row" role="rowheader">${existing}</th>
                ${rolesOf(existing).length === 1 ? html`<td role="cell" colspan=${matrix.roles.length}><${Part} m=${m} part=${{ existing, role: rolesOf(existing)[0] }} say=${say} act=${act} /></td>` : matrix.roles.map((role) => html`<td role="cell" key=${role}>${rolesOf(existing).includes(role) ? html`<${Part} m=${m} part=${{ existing, role }} say=${say} act=${act} />` : html`<span class="quiet">${say("whole.never")}</span>`}</td>`)}
              </tr>`)}
          </tbody>
        </table>
      </div>
    </section>`;
}

function Part({ m, part, say, act }) {
  const summary = matrix.measuredOf(m, part)?.summary;
  const here = part.existing === m.existing && part.role === m.role;
  const text = summary ? say("whole.counts", counts(summary, say)) : say("whole.unmeasured");
  return html`
    <a href=${`#matrix=${part.existing}&role=${part.role}`} aria-current=${here ? "true" : null} class=${summary?.differ ? "bad" : summary ? "good" : ""}
      onClick=${(e) => (e.preventDefault(), act.matrix.choose({ existing: part.existing, role: part.role }))}>
      ${summary && html`<span aria-hidden="true">${summary.differ ? "≠" : "✓"}</span> `}${text}</a>`;
}
