// The doctor's page: can I have this port, what stands in the way, what can I do, what must I not believe.

import { html } from "../app/html.js";
import { Chip, Curl, Ring } from "../app/parts.js";
import { seconds } from "../app/api.js";
import { site } from "../app/transport.js";
import { Others } from "./others.js";
import { leftOf, newPort, portActs, portCommand, portPath } from "./port.js";

export const fresh = () => ({ port: newPort() });
export const acts = portActs;
export { Port as View };

export function Port({ state, say, act }) {
  const { report } = state.port;
  return html`
    <div class="ask"><p class="eyebrow">${say("nav.port")}</p><h1>${say("port.title")}</h1></div>
    ${site ? html`<p class="notice">${say("port.site")}</p>` : html`<${Question} port=${state.port} busy=${state.busy} say=${say} act=${act} />`}
    ${report && html`
      <${Answer} port=${state.port} busy=${state.busy} say=${say} act=${act} />
      <${Sockets} port=${state.port} say=${say} />
      <${Advice} port=${state.port} say=${say} />
      <${Myths} myths=${report.myths} say=${say} />
      <${More} port=${state.port} say=${say} />
      <div class="commands">
        <${Curl} command=${`curl -s '${location.origin}${portPath(report.asked)}'`} what="curl.port" say=${say} act=${act} />
        <${Curl} command=${portCommand(report.asked)} what="curl.why" say=${say} act=${act} />
      </div>`}
    <${Others} port=${state.port} busy=${state.busy} say=${say} act=${act} Report=${({ report }) => html`<${Foreign} report=${report} say=${say} />`} />
    ${state.port.machine && html`<${Whole} machine=${state.port.machine} say=${say} act=${act} />`}`;
}

/** What the doctor says of a port of another machine. */
function Foreign({ report, say }) {
  return html`
    <section class=${`answer ${report.verdict}`} aria-label=${say("others.port", { port: report.port })}>
      <p class="row"><b>${say("others.port", { port: report.port })}</b> <b><span aria-hidden="true">${glyphs[report.verdict]}</span> ${say(`port.${report.verdict}`)}</b></p>
      <p>${report.answer}</p>
      ${report.do.length > 0 && html`<ul class="advice">${report.do.map((text, n) => html`<li key=${n}>${text}</li>`)}</ul>`}
    </section>`;
}

/** The whole machine: what listens, what is left, what piles up. */
function Whole({ machine, say, act }) {
  const list = (key, items, row) => items.length > 0 && html`<div key=${key}><h3>${say(`machine.${key}`)}</h3><ul>${items.slice(0, 20).map(row)}</ul></div>`;
  return html`
    <section class="card machine" aria-labelledby="machine-title">
      <h2 id="machine-title">${say("machine.title")}</h2>
      ${machine.findings.map((f, n) => html`<p key=${n} class="notice">${f.text ?? f}</p>`)}
      <p class="quiet">${Object.entries(machine.states).map(([state, n]) => html`<${Chip} key=${state} state=${state} left=${say.number(n)} /> `)}</p>
      <div class="lists">
        ${list("listeners", machine.listeners, (l) => html`<li key=${l.local}><button type="button" class="bare" onClick=${() => act.port.about(l.local.split(":").at(-1))}><code>${l.local}</code></button> ${l.process} <span class="quiet">${say("machine.queue", { queued: l.queued, backlog: l.backlog })}</span></li>`)}
        ${list("close_wait", machine.close_wait, (c) => html`<li key=${c.process}>${c.process} <b>${c.count}</b></li>`)}
        ${list("time_wait", machine.time_wait, (c) => html`<li key=${c.peer}><code>${c.peer}</code> <b>${c.count}</b></li>`)}
        ${list("ports_left", machine.ports_left, (c) => html`<li key=${c.to}><code>${c.to}</code> <b>${say.number(c.left)}</b> ${c.next_free && html`<span class="quiet">${say("machine.next", { time: say.time(seconds(c.next_free)) })}</span>`}</li>`)}
      </div>
      <${Curl} command=${`curl -s ${location.origin}/v1/ports`} what="curl.machine" say=${say} act=${act} />
    </section>`;
}

function Question({ port, busy, say, act }) {
  const { form, errors } = port;
  const field = (name, attributes) => html`
    <div class="field">
      <label for=${`port-${name}`}>${say(`port.${name}`)}</label>
      <input id=${`port-${name}`} type="text" autocomplete="off" spellcheck="false" value=${form[name]} ...${attributes}
        aria-invalid=${errors[name] ? "true" : null} aria-describedby=${`port-${name}-help`}
        onInput=${(e) => act.port.change({ [name]: e.currentTarget.value })} />
      <p id=${`port-${name}-help`} class=${errors[name] ? "bad" : "quiet"} role=${errors[name] ? "alert" : null}>${errors[name] && `${errors[name]} · `}${say(`port.${name}.help`)}</p>
    </div>`;
  const box = (name, label) => html`
    <label class="check"><input type="checkbox" checked=${form[name]} onChange=${(e) => act.port.change({ [name]: e.currentTarget.checked })} /> <code>${label}</code></label>`;
  return html`
    <form class="card question" onSubmit=${(e) => (e.preventDefault(), act.port.ask())}>
      <p class="quiet">${say("port.lead")}</p>
      <div class="fields">
        ${field("port", { inputmode: "numeric", maxlength: 12, class: "short" })}
        ${field("host", { maxlength: 64, placeholder: "::" })}
        <fieldset class="field"><legend>${say("port.options")}</legend>
          <div class="row">${box("reuseaddr", "SO_REUSEADDR")}${box("reuseport", "SO_REUSEPORT")}</div>
        </fieldset>
        <button type="submit" class="primary" disabled=${busy}>${say("port.ask")}</button>
      </div>
    </form>`;
}

const glyphs = { free: "✓", taken: "✕", depends: "?" };

function Answer({ port, busy, say, act }) {
  const { report } = port;
  const left = leftOf(port, report.passes);
  return html`
    <section class=${`card answer ${report.verdict}`} aria-labelledby="port-answer">
      <div class="verdictline">
        <p class="stamp"><span aria-hidden="true">${glyphs[report.verdict]}</span> ${say(`port.${report.verdict}`)}</p>
        ${left !== null && html`
          <div class="countdown">
            <${Ring} left=${Math.ceil(left)} whole of=${Math.max(60, seconds(report.passes.after))} label=${say("port.left", { n: Math.ceil(left) })} />
            <p>${say(report.passes.at_most ? "port.gone.most" : "port.gone", { time: say.time(Math.max(1, Math.ceil(left))) })}</p>
          </div>`}
      </div>
      <h2 id="port-answer">${report.answer}</h2>
      <p><button type="button" disabled=${busy} onClick=${() => act.port.tryBind()}>${say("port.try")}</button> <span class="quiet">${say("port.try.help")}</span></p>
      ${report.passes && html`<p class="quiet">${say("steps.passes.when", { time: report.passes.text })}</p>`}
      <table role="table" class="options">
        <caption>${say("port.with")}</caption>
        <thead role="rowgroup"><tr role="row">${["option", "result", "rule"].map((k) => html`<th key=${k} scope="col" role="columnheader">${say(`port.${k}`)}</th>`)}</tr></thead>
        <tbody role="rowgroup">
          ${report.options.map((o) => html`
            <tr role="row" key=${optionOf(o)}>
              <th scope="row" role="rowheader">${optionOf(o) === "none" ? say("options.none") : html`<code>${optionOf(o)}</code>`}</th>
              <td role="cell"><${Outcome} result=${o.result} say=${say} /></td>
              <td role="cell">${o.why?.text} <span class="source">${o.why?.source}</span></td>
            </tr>`)}
        </tbody>
      </table>
    </section>`;
}

const optionOf = (o) => (o.reuseaddr ? "SO_REUSEADDR" : o.reuseport ? "SO_REUSEPORT" : "none");

function Outcome({ result, say }) {
  const [kind, glyph] = result === "ok" ? ["good", "✓"] : result === "depends" ? ["", "?"] : ["bad", "✕"];
  return html`<b class=${`outcome ${kind}`}><span aria-hidden="true">${glyph}</span> ${result === "depends" ? say("port.depends") : result}</b>`;
}

function Sockets({ port, say }) {
  const { report } = port;
  return html`
    <section class="card" aria-labelledby="port-sockets">
      <h2 id="port-sockets">${say("port.sockets")}</h2>
      ${report.sockets.length === 0
        ? html`<p class="quiet">${say("port.sockets.none")}</p>`
        : html`<ul class="holders">${report.sockets.map((s, n) => html`<${Socket} key=${n} socket=${s} port=${port} say=${say} />`)}</ul>`}
      ${report.more_sockets && html`<p class="quiet">${say("port.more", { n: report.more_sockets })}</p>`}
    </section>`;
}

function Socket({ socket: s, port, say }) {
  const left = leftOf(port, s.passes);
  const flags = ["reuseaddr", "reuseport", "v6only"].map((k) => `${k}=${say(`flag.${s[k]}`)}`).join("  ");
  return html`
    <li class=${s.verdict}>
      <p class="row">
        <${Chip} state=${s.state} left=${s.count > 1 ? `×${s.count}` : ""} />
        <code>${s.local}${s.remote && ` ← → ${s.remote}`}${s.device && ` (${s.device})`}</code>
        ${s.verdict && html`<b class=${s.verdict === "free" ? "good" : "bad"}><span aria-hidden="true">${glyphs[s.verdict]}</span> ${say(`port.way.${s.verdict}`)}</b>`}
      </p>
      <p class="quiet">${flags}</p>
      ${s.processes.map((p) => html`<p key=${p.pid}><code>${p.command}</code> pid ${p.pid}${p.user && `, ${say("port.user", { user: p.user })}`}${p.started && `, ${say("port.since", { time: new Date(p.started).toLocaleString(say.lang) })}`}${p.sockets > 1 ? `, ×${p.sockets}` : ""}</p>`)}
      ${s.processes.length === 0 && html`<p><b>${say(s.process_hidden ? "port.hidden.process" : "sockets.noprocess")}</b>${s.process_hidden && s.user && ` (${say("port.user", { user: s.user })})`}</p>`}
      ${s.why && html`<p>${s.why.text} <span class="source">${s.why.source}</span></p>`}
      ${s.passes && html`<p class="quiet">${left !== null && html`<b class="ticking">${say(s.passes.at_most ? "port.gone.most" : "port.gone", { time: say.time(Math.ceil(left)) })}</b> `}${s.passes.text}</p>`}
    </li>`;
}

function Advice({ port, say }) {
  const { report } = port;
  const nearby = { ...report.asked, port: report.nearby_port };
  return html`
    <section class="card" aria-labelledby="port-do">
      <h2 id="port-do">${say("port.do")}</h2>
      ${report.do.length === 0
        ? html`<p class="quiet">${say("port.do.nothing")}</p>`
        : html`<ul class="advice">${report.do.map((text, n) => html`<li key=${n}>${text}</li>`)}</ul>`}
      ${report.nearby_port && html`<p><a href=${`#port=${nearby.port}`}>${say("port.nearby", { port: nearby.port })}</a></p>`}
    </section>`;
}

function Myths({ myths, say }) {
  if (myths.length === 0) return null;
  return html`
    <section class="card" aria-labelledby="port-myths">
      <h2 id="port-myths">${say("port.myths")}</h2>
      <dl class="myths">${myths.map((m, n) => html`<div key=${n}><dt><span aria-hidden="true">✕</span> ${m.claim}</dt><dd>${m.truth}</dd></div>`)}</dl>
    </section>`;
}

/** What else bears on it: other addresses, this machine's settings, other namespaces, what could not be seen. */
function More({ port, say }) {
  const { addresses, settings: s, namespaces, hidden } = port.report;
  const rows = [
    [say("port.settings.ephemeral"), `${s.ephemeral_low}–${s.ephemeral_high}${s.ephemeral ? ` (${say("port.settings.inside")})` : ""}`],
    [say("port.settings.reserved"), s.reserved_ports || "–"],
    [say("port.settings.privileged"), s.unprivileged_start],
    ["tcp_fin_timeout", s.fin_timeout],
    [say("port.settings.kernel"), s.kernel],
  ];
  return html`
    <section class="card more" aria-labelledby="port-more">
      <h2 id="port-more">${say("port.beside")}</h2>
      ${addresses.length > 0 && html`
        <h3>${say("port.addresses")}</h3>
        <ul class="addresses">${addresses.map((a) => html`<li key=${a.addr}><code>${a.addr}</code> <${Outcome} result=${a.result} say=${say} /></li>`)}</ul>`}
      ${namespaces.length > 0 && html`
        <h3>${say("port.namespaces")}</h3>
        ${namespaces.map((ns) => html`
          <p key=${ns.inode}><code>net:[${ns.inode}]</code> ${ns.command}${ns.pid && ` (pid ${ns.pid})`}</p>
          <ul class="holders">${ns.sockets.map((x, n) => html`<${Socket} key=${n} socket=${x} port=${port} say=${say} />`)}</ul>`)}`}
      ${hidden.length > 0 && html`<h3>${say("port.hidden")}</h3><ul class="advice">${hidden.map((text, n) => html`<li key=${n}>${text}</li>`)}</ul>`}
      <h3>${say("port.settings")}</h3>
      <dl class="settings-list">${rows.map(([k, v]) => html`<div key=${k}><dt>${k}</dt><dd><code>${v}</code></dd></div>`)}</dl>
    </section>`;
}
