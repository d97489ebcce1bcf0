// A host's socket table as ss would show it, small enough to stand still.

import { html } from "../app/html.js";
import { seconds } from "../app/api.js";

const most = 3; // rows that are shown; the rest is counted

export function Sockets({ host, world, say }) {
  const table = world.moment.tables[host];
  const rows = (table?.rows || []).filter((row) => !(row.state === "TIME-WAIT" && gone(row, table, world)));
  const worth = [...rows].sort((a, b) => rank(a) - rank(b));
  return html`
    <table class="sockets" role="table">
      <caption>${say("sockets.of", { host: say(host) })}</caption>
      <thead class="hidden"><tr>${["state", "local", "remote", "timer"].map((k) => html`<th key=${k} scope="col">${say(`sockets.${k}`)}</th>`)}</tr></thead>
      <tbody>
        ${worth.slice(0, most).map((row, n) => html`
          <tr key=${`${row.name}${row.state}${n}`}>
            <td><span class=${`dot ${row.state}`}></span><b>${row.state}</b></td>
            <td><code>${row.local}</code></td>
            <td><code>${row.remote === "*" ? "" : row.remote}</code></td>
            <td class="held">${row.open ? row.name : say("sockets.noprocess")}${timer(row, table, world)}</td>
          </tr>`)}
        ${rows.length === 0 && html`<tr key="none"><td colspan="4" class="quiet">${say("sockets.none")}</td></tr>`}
        ${worth.length > most && html`<tr key="more"><td colspan="4" class="quiet">${say("sockets.more", { n: worth.length - most })}</td></tr>`}
      </tbody>
    </table>`;
}

/** What nobody holds comes first: it is what the question is about. */
const rank = (row) => (row.state === "TIME-WAIT" || !row.open ? 0 : row.state === "LISTEN" ? 2 : 1);

const passed = (table, world) => Math.max(0, world.now - table.at);
const gone = (row, table, world) => row.left && world.status !== "running" && seconds(row.left) - passed(table, world) <= 0;

function timer(row, table, world) {
  if (!row.timer || row.timer === "none") return "";
  return html` <span title=${row.timer}>${Math.max(0, seconds(row.left) - passed(table, world)).toFixed(1)} s</span>`;
}
