// Other machines: a pasted socket table, or a capture file, read by the same doctor.

import { html } from "../app/html.js";
import { Chip, Curl } from "../app/parts.js";
import { sendBody, Problem } from "../app/api.js";

export const newOthers = () => ({ text: "", name: "", table: null, capture: null, wrong: "", over: false });

const largest = 64 << 20; // bytes of a file: what the server takes

/** What the first bytes of a file say it is: "pcap", "pcapng" or "text". */
export function kindOf(bytes) {
  const [a, b, c, d] = bytes;
  const word = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if (word === 0x0a0d0d0a) return "pcapng";
  return [0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1].includes(word) ? "pcap" : "text";
}

/** Whether a text is what tcpdump prints, and no socket table. */
export const isTcpdump = (text) => /^(?:\S+ )?(?:\S+ )?IP6? \S+ > \S+: Flags \[/m.test(text);

const types = { pcap: "application/vnd.tcpdump.pcap", pcapng: "application/x-pcapng", text: "text/plain" };

export function otherActs({ state, draw, attempt, say, act }) {
  const o = state.port.others;

  /** Asks the doctor about a body; one that cannot be read is said where it was given. */
  async function ask(body, kind) {
    Object.assign(o, { table: null, capture: null, wrong: "" });
    try {
      if (kind === "table") o.table = await sendBody("/v1/tables", body, { type: types.text, lang: state.lang });
      else o.capture = await sendBody("/v1/captures", body, { type: types[kind], lang: state.lang });
      state.said = o.table ? say("others.rows", { n: o.table.rows.length, lost: o.table.not_understood.length }) : say("others.connections", { n: o.capture.connections.length });
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      o.wrong = err.errors[0]?.detail ?? err.message;
    }
  }

  const others = {
    type(text) {
      Object.assign(o, { text, name: "" });
      draw();
    },

    read: () => attempt(() => ask(o.text, isTcpdump(o.text) ? "text" : "table")),

    /** Reads a file that was chosen or dropped. */
    file(file) {
      if (!file) return;
      if (file.size > largest) return void ((o.wrong = say("others.large", { name: file.name })), draw());
      o.name = file.name;
      return attempt(async () => {
        const kind = kindOf(new Uint8Array(await file.slice(0, 4).arrayBuffer()));
        if (kind !== "text") return ask(file, kind);
        o.text = await file.text();
        await ask(o.text, isTcpdump(o.text) ? "text" : "table");
      });
    },

    over(on) {
      if (o.over === on) return;
      o.over = on;
      draw();
    },

    /** Opens a connection's ending in the lab, as a script on the model. */
    reproduce: (script) => act.lab.take(script, ["model"]),
  };
  return { others };
}

export function Others({ port, busy, say, act, Report }) {
  const o = port.others;
  const drop = (e) => {
    e.preventDefault();
    act.port.others.over(false);
    act.port.others.file(e.dataTransfer.files[0]);
  };
  return html`
    <section class=${`card others ${o.over ? "over" : ""}`} aria-labelledby="others-title"
      onDragOver=${(e) => (e.preventDefault(), act.port.others.over(true))} onDragLeave=${() => act.port.others.over(false)} onDrop=${drop}>
      <h2 id="others-title">${say("others.title")}</h2>
      <p class="quiet" id="others-lead">${say("others.lead")}</p>
      <label class="hidden" for="others-text">${say("others.text")}</label>
      <textarea id="others-text" rows="6" spellcheck="false" autocomplete="off" wrap="off" placeholder=${"State     Recv-Q Send-Q Local Address:Port  Peer Address:Port\nTIME-WAIT 0      0      127.0.0.1:7865     127.0.0.1:52340"}
        aria-describedby="others-lead" value=${o.text} onInput=${(e) => act.port.others.type(e.currentTarget.value)}></textarea>
      <p class="row">
        <button type="button" class="primary" disabled=${busy || !o.text.trim()} onClick=${() => act.port.others.read()}>${say("others.read")}</button>
        <label class="filebutton">${say("others.file")} <input type="file" disabled=${busy} onChange=${(e) => (act.port.others.file(e.currentTarget.files[0]), (e.currentTarget.value = ""))} /></label>
        ${o.name && html`<code>${o.name}</code>`}
      </p>
      ${o.wrong && html`<p class="notice" role="alert">${o.wrong}</p>`}
      ${o.table && html`<${Table} table=${o.table} say=${say} act=${act} Report=${Report} />`}
      ${o.capture && html`<${Capture} capture=${o.capture} say=${say} act=${act} />`}
      <${Curl} command=${`ss -tanpo | curl -s -H 'Content-Type: text/plain' --data-binary @- ${location.origin}/v1/tables`} what="curl.table" say=${say} act=${act} />
      <${Curl} command=${`curl -s -H 'Content-Type: application/octet-stream' --data-binary @capture.pcap ${location.origin}/v1/captures`} what="curl.capture" say=${say} act=${act} />
    </section>`;
}

const listed = 30; // of ports, lines and connections

function Table({ table: t, say, act, Report }) {
  return html`
    <div class="read">
      <p><b>${say("others.rows", { n: say.number(t.rows.length), lost: say.number(t.not_understood.length) })}</b> <code>${t.format}</code> ${t.system}</p>
      ${t.overview?.findings.map((f, n) => html`<p key=${n} class="notice">${f.text} <span class="quiet">${f.do}</span></p>`)}
      ${t.ports.length === 0 && html`<p class="quiet">${say("others.noports")}</p>`}
      ${t.ports.slice(0, listed).map((report) => html`<${Report} key=${report.port} report=${report} />`)}
      ${t.cannot_tell.length > 0 && html`<h3>${say("port.hidden")}</h3><ul class="advice">${t.cannot_tell.map((text, n) => html`<li key=${n}>${text}</li>`)}</ul>`}
      ${t.not_understood.length > 0 && html`
        <details><summary>${say("others.lost", { n: say.number(t.not_understood.length) })}</summary>
          <ul class="advice">${t.not_understood.slice(0, listed).map((l) => html`<li key=${l.line}>${say("others.line", { n: l.line })} <code>${l.text}</code> ${l.detail}</li>`)}</ul></details>`}
    </div>`;
}

function Capture({ capture: c, say, act }) {
  return html`
    <div class="read">
      <p><b>${say("others.connections", { n: say.number(c.connections.length) })}</b> <code>${c.format}</code></p>
      <ol class="connections">
        ${c.connections.slice(0, listed).map((x) => html`
          <li key=${x.n}>
            <p class="row"><code>${x.tuple}</code> ${["a", "b"].map((end) => html`<${Chip} key=${end} state=${x.ends[end].state} socket=${end.toUpperCase()} /> `)}</p>
            <p>${x.why}</p>
            <p class="quiet">${say(`closedfirst.${x.closed_first}`)} ${say(`endedby.${x.ended_by}`)} ${x.retransmissions > 0 && say("others.again", { n: x.retransmissions })}</p>
            ${x.left_behind.map((l, n) => html`<p key=${n}><${Chip} state=${l.state} socket=${l.end.toUpperCase()} /> ${l.addr}: ${l.until ? say("others.until", { time: new Date(l.until).toLocaleTimeString(say.lang) }) : say("others.stays")}</p>`)}
            ${x.script && html`<p><button type="button" class="small" onClick=${() => act.port.others.reproduce(x.script)}>${say("others.reproduce")}</button></p>`}
          </li>`)}
      </ol>
      ${c.connections.length > listed && html`<p class="quiet">${say("others.more", { n: say.number(c.connections.length - listed) })}</p>`}
    </div>`;
}
