// Figure 5 of RFC 9293, laid out by hand and filled by the server's table: each end of the connection walks
// it, and the arrow it took last lights up.

import { html } from "../app/html.js";
import { endOf } from "./story.js";

const box = { w: 118, h: 30 };

// Where each state stands. CLOSED is there twice, as in the RFC: where one begins, and where one ends.
const places = {
  CLOSED: [360, 28], LISTEN: [360, 112], "SYN-RECEIVED": [118, 196], "SYN-SENT": [602, 196], ESTABLISHED: [360, 276], "FIN-WAIT-1": [118, 356],
  "CLOSE-WAIT": [602, 356], "FIN-WAIT-2": [118, 500], CLOSING: [360, 428], "LAST-ACK": [602, 452], "TIME-WAIT": [360, 552], END: [602, 552],
};

// The arrows of the figure: where they leave, where they come, where their words stand.
const arrows = [
  ["CLOSED", "LISTEN", [360, 43], [360, 97], [368, 74, "start"]],
  ["CLOSED", "SYN-SENT", [419, 34], [602, 181], [560, 96, "start"]],
  ["LISTEN", "SYN-RECEIVED", [301, 118], [140, 181], [196, 138, "end"]],
  ["LISTEN", "SYN-SENT", [419, 118], [560, 181], [470, 164, "end"]],
  ["SYN-SENT", "SYN-RECEIVED", [543, 202], [177, 202], [360, 196, "middle"]],
  ["SYN-SENT", "ESTABLISHED", [580, 211], [419, 268], [532, 252, "start"]],
  ["SYN-RECEIVED", "ESTABLISHED", [160, 211], [301, 268], [226, 232, "start"]],
  ["SYN-RECEIVED", "FIN-WAIT-1", [90, 211], [90, 341], [82, 300, "end"]],
  ["ESTABLISHED", "FIN-WAIT-1", [301, 284], [150, 341], [262, 326, "start"]],
  ["ESTABLISHED", "CLOSE-WAIT", [419, 284], [570, 341], [520, 310, "start"]],
  ["FIN-WAIT-1", "FIN-WAIT-2", [90, 371], [90, 485], [82, 432, "end"]],
  ["FIN-WAIT-1", "CLOSING", [177, 362], [330, 413], [286, 386, "start"]],
  ["FIN-WAIT-1", "TIME-WAIT", [140, 371], [330, 537], [226, 470, "end"]],
  ["FIN-WAIT-2", "TIME-WAIT", [150, 515], [301, 556], [206, 552, "end"]],
  ["CLOSING", "TIME-WAIT", [360, 443], [360, 537], [368, 492, "start"]],
  ["CLOSE-WAIT", "LAST-ACK", [602, 371], [602, 437], [594, 408, "end"]],
  ["LAST-ACK", "END", [602, 467], [602, 537], [594, 506, "end"]],
  ["TIME-WAIT", "END", [419, 552], [543, 552], [481, 572, "middle"]],
];

const target = (to) => (to === "END" ? "CLOSED" : to);

export function Figure({ state, scene, say, act }) {
  const rows = state.machine?.rows ?? [];
  const world = scene.visible[0];
  const walkers = ["server", "client"].map((host) => ({ host, end: endOf(world.moment, host).main, taken: takenBy(scene, host) }));
  const picked = state.figurePick;
  return html`
    <div class="figure-box" tabindex="0" role="region" aria-label=${say("figure")}>
      <svg class="figure5" viewBox="-60 0 800 582" role="group" aria-label=${say("figure")}>
        ${arrows.map((arrow) => html`<${Arrow} key=${arrow[0] + arrow[1]} arrow=${arrow} rows=${rows} walkers=${walkers} picked=${picked} say=${say} act=${act} />`)}
        ${Object.keys(places).map((name) => html`<${State} key=${name} name=${name} walkers=${walkers} picked=${picked} say=${say} act=${act} />`)}
        ${walkers.map((walker) => html`<${Walker} key=${walker.host} walker=${walker} say=${say} />`)}
      </svg>
      <${Legend} rows=${rows} picked=${picked} walkers=${walkers} say=${say} act=${act} />
    </div>`;
}

/** The change of state that a host made last, up to the moment shown. */
function takenBy(scene, host) {
  for (let m = scene.moment; m >= 0; m--) {
    const change = scene.moments[m].beats[0]?.states.findLast(({ entry, one }) => entry.host === host && entry.from !== entry.to && (one.key !== `${host} ${one.name}` || entry.to !== "CLOSED"));
    if (change) return { ...change.entry, now: m === scene.moment };
  }
  return null;
}

const isOf = ([from, to], taken) => taken && taken.from === from && taken.to === target(to);

function Arrow({ arrow, rows, walkers, picked, say, act }) {
  const [from, to, [x1, y1], [x2, y2], [lx, ly, anchor]] = arrow;
  const own = rows.filter((r) => r.from === from && r.to === target(to));
  if (own.length === 0) return null;
  const taken = walkers.filter((w) => isOf(arrow, w.taken));
  const name = `${from} ${to}`;
  const words = wordsOf(own);
  const kind = `edge ${taken.length ? "taken" : ""} ${taken.some((w) => w.taken.now) ? "just" : ""} ${picked === name ? "picked" : ""}`;
  return html`
    <g class=${kind} role="button" tabindex="0" aria-label=${`${words}: ${say("figure.arrow", { from, to: target(to) })}`} onClick=${() => act.lab.pickFigure(name)} onKeyDown=${(e) => e.key === "Enter" && act.lab.pickFigure(name)}>
      <line class="wide" x1=${x1} y1=${y1} x2=${x2} y2=${y2} />
      <line x1=${x1} y1=${y1} x2=${x2} y2=${y2} />
      <path d=${tip(x1, y1, x2, y2)} />
      <text x=${lx} y=${ly} text-anchor=${anchor}>${words}</text>
    </g>`;
}

// Which of several events an arrow is named after: the figure's own.
const usual = ["2MSL timeout", "rcv FIN,ACK of FIN", "rcv ACK of FIN", "rcv ACK of SYN", "rcv FIN", "CLOSE", "passive OPEN", "active OPEN", "rcv SYN"];

function wordsOf(rows) {
  const row = usual.map((event) => rows.find((r) => r.event === event)).find(Boolean) ?? rows[0];
  const sends = row.actions.find((a) => a.startsWith("send "));
  return `${row.event}${sends ? ` / ${sends}` : ""}`;
}

function State({ name, walkers, picked, say, act }) {
  const [x, y] = places[name];
  const state = target(name);
  const here = walkers.filter((w) => w.end && w.end.state === state && (name === "END" || state !== "CLOSED"));
  return html`
    <g class=${`node ${state} ${picked === state ? "picked" : ""}`} role="button" tabindex="0" aria-label=${say("figure.state", { state, who: here.map((w) => say(w.host)).join(", ") || say("figure.nobody") })}
      onClick=${() => act.lab.pickFigure(state)} onKeyDown=${(e) => e.key === "Enter" && act.lab.pickFigure(state)}>
      <rect x=${x - box.w / 2} y=${y - box.h / 2} width=${box.w} height=${box.h} rx="15" />
      <text x=${x} y=${y + 5}>${state}</text>
    </g>`;
}

/** An end of the connection, at the shoulder of its state. */
function Walker({ walker: { host, end }, say }) {
  if (!end) return null;
  const [x, y] = places[end.state === "CLOSED" ? "END" : end.state];
  const at = { cx: x + (host === "server" ? -box.w / 2 : box.w / 2), cy: y - box.h / 2 };
  return html`
    <g class=${`walker ${host}`} data-state=${end.state} aria-hidden="true">
      <circle cx=${at.cx} cy=${at.cy} r="11" />
      <text x=${at.cx} y=${at.cy + 4}>${say(host).charAt(0).toUpperCase()}</text>
    </g>`;
}

/** What was clicked, in words; without a click, the arrows taken last. */
function Legend({ rows, picked, walkers, say, act }) {
  const [from, to] = (picked || "").split(" ");
  const shown = to ? rows.filter((r) => r.from === from && r.to === target(to)) : picked ? rows.filter((r) => r.from === picked) : [];
  const here = walkers.filter((w) => w.end?.state === from);
  return html`
    <div class="figure-legend" role="status">
      ${!picked && walkers.map((w) => html`<p key=${w.host}><b>${say(w.host)}</b> ${w.taken ? html`${w.taken.from} → ${w.taken.to} (${w.taken.event}) <span class="rest">${w.taken.section}</span>` : say("end.none")}</p>`)}
      ${picked && html`<p><b>${to ? `${from} → ${target(to)}` : from}</b> ${!to && (here.length ? here.map((w) => say(w.host)).join(", ") : say("figure.nobody"))}</p>`}
      <ul>${shown.slice(0, 14).map((r) => html`<li key=${r.event}>${r.event}${to ? "" : ` → ${r.to}`}${r.actions.length ? `: ${r.actions.join(", ")}` : ""} <span class="rest">${r.section}</span></li>`)}</ul>
      ${here.length > 0 && shown.some((r) => r.event === "CLOSE") && here.filter((w) => w.end.socket).map((w) => html`
        <button type="button" key=${w.host} class="small" onClick=${() => act.lab.press(`+0 ${w.host} close ${w.end.socket}`)}>${say("figure.do", { line: `${w.host} close ${w.end.socket}` })}</button>`)}
    </div>`;
}

/** An arrow head at (x2, y2). */
function tip(x1, y1, x2, y2) {
  const a = Math.atan2(y2 - y1, x2 - x1);
  const at = (turn, size) => `${(x2 - size * Math.cos(a + turn)).toFixed(1)} ${(y2 - size * Math.sin(a + turn)).toFixed(1)}`;
  return `M${x2} ${y2}L${at(0.38, 9)}L${at(-0.38, 9)}Z`;
}
