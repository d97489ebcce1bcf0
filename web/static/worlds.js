// The worlds side by side: the state of each end, the ladder, the socket tables.

import { html, Ladder, clock } from "./ink.js";
import { Chip, Ring, Curl } from "./parts.js";
import { endOf, timeWaits } from "./story.js";
import { seconds } from "./api.js";

const hosts = ["server", "client"];

export function Worlds({ state, scene, say, act }) {
  const names = [...scene.worlds.map((w) => w.name)];
  const absent = !names.includes("kernel");
  return html`
    <div class=${names.length + (absent ? 1 : 0) > 2 ? "worlds many" : "worlds"}>
      ${scene.worlds.map((world) => html`<${World} key=${world.name} world=${world} state=${state} scene=${scene} say=${say} act=${act} />`)}
      ${absent && html`<${Absent} key="absent" state=${state} say=${say} />`}
    </div>`;
}

function World({ world, state, scene, say, act }) {
  const name = say(`world.${world.name}`);
  const trace = `/v1/labs/${state.lab.id}/trace?world=${world.name}`;
  return html`
    <section class="world" aria-label=${name}>
      <header>
        <h3>${name}</h3>
        <p class="sub">${subtitle(world.name, state, say)}</p>
        <p class="time">${say("clock")} <b>${clock(world.now)}</b> · ${say(`status.${world.status}`)}</p>
        ${world.why && html`<p class="notice">${world.why}</p>`}
      </header>
      <div class="ends">${hosts.map((host) => html`<${End} key=${host} host=${host} world=${world} say=${say} />`)}</div>
      <div class="ladder-box">
        ${scene.picture
          ? html`<${Ladder} picture=${scene.picture.pictures.get(world.name)} width=${scene.picture.width} height=${scene.picture.height} say=${say} id=${`ladder-${world.name}`} />`
          : html`<p class="quiet">${say("ladder.empty")}</p>`}
      </div>
      <${Facts} world=${world} upto=${scene.upto} say=${say} />
      <div class="tables">${hosts.map((host) => html`<${Sockets} key=${host} host=${host} world=${world} say=${say} />`)}</div>
      <${Curl} command=${`curl -s '${location.origin}${trace}&format=text'`} what="curl.trace" say=${say} act=${act} />
      <p><a href=${`${trace}&format=pcapng`} download>${say("pcapng", { world: name })}</a></p>
    </section>`;
}

function subtitle(name, state, say) {
  const known = state.capabilities?.worlds?.find((w) => w.name === name);
  const release = name === "kernel" && (state.capabilities?.system?.kernel);
  const key = `world.${name}.sub`;
  const text = say.has(key) ? say(key) : known?.what || "";
  return release ? `${text} (${release})` : text;
}

/** One end of the connection: its state in large letters, and what is left of its TIME-WAIT. */
function End({ host, world, say }) {
  const { main, others } = endOf(world.moment, host);
  const waits = timeWaits(world.moment, host, world.now);
  const wait = main?.state === "TIME-WAIT" ? waits.find((w) => w.row.name === main.socket) || waits[0] : undefined;
  return html`
    <div class=${`end ${main?.state || "none"}`}>
      <div>
        <p class="which">${say("end", { host: say(host) })}${main?.socket && html` <code>${main.socket}</code>`}</p>
        <p class="big">${main ? main.state : "–"}</p>
        <p class="gloss">${main ? say(`state.${main.state}`) : say("end.none")}</p>
        ${others.length > 0 && html`<p class="others">${others.map((e) => html`<${Chip} key=${e.key} state=${e.state} socket=${e.socket} left=${leftOf(e, waits, say)} /> `)}</p>`}
      </div>
      ${wait && wait.left > 0 && html`<${Ring} left=${wait.left} of=${world.longest} label=${say("left.of", { n: Math.round(wait.left) })} />`}
    </div>`;
}

function leftOf(end, waits, say) {
  const wait = end.state === "TIME-WAIT" && waits.find((w) => w.row.name === end.socket);
  return wait ? say("left", { n: Math.round(wait.left) }) : "";
}

/** The facts of the ladder as a list. */
function Facts({ world, upto, say }) {
  const facts = world.bands.slice(0, upto + 1).flatMap((band) => band.map((item) => factOf(item, world, say)).filter(Boolean));
  return html`
    <details class="facts">
      <summary>${say("facts", { n: facts.length })}</summary>
      <ol>
        ${facts.map((f) => html`<li key=${f.key}><span class="when">${f.at}</span> <span class="where">${f.where}</span> <span>${f.what}</span></li>`)}
      </ol>
    </details>`;
}

function factOf(item, world, say) {
  const at = clock(item.at);
  const fact = (where, what) => ({ key: item.id, at, where, what });
  if (item.kind === "step") {
    const result = item.step.results?.[world.name]?.result;
    return fact(say(item.step.actor), say("facts.result", { text: item.step.text, result: result ?? "" }));
  }
  if (item.kind === "state") {
    const { host, socket, from, to, event } = item.entry;
    return fact(`${say(host)} ${socket}`, say("facts.state", { from, to, event }));
  }
  if (item.kind === "segment") {
    const f = item.flight;
    const fate = ["lost", "held"].includes(f.fate) ? `, ${say(`ladder.${f.fate}`)}` : "";
    return fact(say("wire"), say("facts.segment", { from: say(f.from), to: say(f.to), segment: f.text + fate }));
  }
  return null;
}

/** A host's socket table, as ss would show it. */
function Sockets({ host, world, say }) {
  const table = world.moment.tables[host];
  const rows = (table?.rows || []).filter((row) => !(row.state === "TIME-WAIT" && gone(row, table, world)));
  const head = ["state", "local", "remote", "timer", "process"];
  return html`
    <table class="sockets" role="table">
      <caption>${say("sockets")}: ${say(host)}</caption>
      <thead role="rowgroup"><tr role="row">${head.map((k) => html`<th key=${k} scope="col" role="columnheader">${say(`sockets.${k}`)}</th>`)}</tr></thead>
      <tbody role="rowgroup">
        ${rows.map((row, n) => html`
          <tr role="row" key=${`${row.name}${row.state}${n}`}>
            <td role="cell"><${Chip} state=${row.state} /></td>
            <td role="cell" data-label=${say("sockets.local")}><code>${row.local}</code></td>
            <td role="cell" data-label=${say("sockets.remote")}><code>${row.remote}</code></td>
            <td role="cell" data-label=${say("sockets.timer")}>${timer(row, table, world, say)}</td>
            <td role="cell" data-label=${say("sockets.process")}>${row.open ? say("sockets.held", { name: row.name || "?" }) : html`<b>${say("sockets.noprocess")}</b>`}</td>
          </tr>`)}
        ${rows.length === 0 && html`<tr role="row" key="none"><td role="cell" colspan="5" class="quiet">${say("sockets.none")}</td></tr>`}
      </tbody>
    </table>`;
}

const passed = (table, world) => Math.max(0, world.now - table.at);
const gone = (row, table, world) => row.left && world.status !== "running" && seconds(row.left) - passed(table, world) <= 0;

function timer(row, table, world, say) {
  if (!row.timer || row.timer === "none") return say("timer.none");
  const left = Math.max(0, seconds(row.left) - passed(table, world));
  return `${row.timer} ${left.toFixed(1)} s`;
}

/** The place of a world that has not been asked yet. */
function Absent({ state, say }) {
  return html`
    <section class="world absent" aria-label=${say("world.kernel")}>
      <header><h3>${say("world.kernel")}</h3><p class="sub">${subtitle("kernel", state, say)}</p></header>
      <p class="quiet">${say("world.absent")}</p>
    </section>`;
}

/** The button that asks the kernel too, or the reason why it cannot be asked. */
export function RunKernel({ kernel, state, say, act, again }) {
  if (kernel && !kernel.runs) {
    return html`
      <div class="notice">
        <p>${say("kernel.not", { why: kernel.why || "" })}</p>
        ${kernel.remedy && html`<p class="quiet">${say("kernel.remedy", { remedy: kernel.remedy })}</p>`}
      </div>`;
  }
  const needs = seconds(act.experiment()?.needs?.kernel);
  return html`
    <button type="button" class="primary" disabled=${state.busy} onClick=${() => act.run()}>${say(again ? "run.again" : "run")}</button>
    ${needs >= 3 && html`<p class="quiet">${say("run.needs", { time: say.time(needs) })}</p>`}`;
}
