// Which lines make sense now: calls by what each host's sockets are in, words for the wire by what is on it.

import { seconds } from "../app/api.js";

const port = 7865;

/** [{actor, lines}] for a scene's first world, at the moment shown. */
export function offers(scene, lab) {
  const world = scene.order[0];
  const moment = scene.moment >= 0 ? scene.snaps.get(world.name)[scene.moment] : { ends: new Map(), tables: {}, at: 0 };
  const ends = [...moment.ends.values()];
  return [
    { actor: "server", lines: calls("server", ends, moment, lab) },
    { actor: "client", lines: calls("client", ends, moment, lab) },
    { actor: "wire", lines: wire(scene, world, ends) },
  ];
}

const named = (ends, host) => ends.filter((e) => e.host === host && e.socket && !["CLOSED", "LISTEN", "BOUND"].includes(e.state));

function calls(host, ends, moment, lab) {
  const rows = moment.tables[host]?.rows || [];
  const open = new Set(rows.filter((r) => r.open && r.name).map((r) => r.name));
  const lines = [];
  const fresh = freshName(lab, host === "server" ? "l" : "c");
  const listener = rows.find((r) => r.state === "LISTEN" && r.open);
  const bound = rows.find((r) => r.state === "BOUND" && r.open);
  if (host === "server" && !listener && !bound) lines.push(`bind ${fresh} :${port}`, `bind ${fresh} :${port} reuseaddr`);
  if (bound) lines.push(`listen ${bound.name} 20`);
  if (listener?.recv_q > 0) lines.push(`accept ${listener.name} as ${freshName(lab, "a")}`);
  if (host === "client") lines.push(`connect ${fresh} server:${port}`);
  for (const { socket, state } of named(ends, host)) lines.push(...ofSocket(socket, state, open.has(socket)));
  for (const row of rows) if (["LISTEN", "BOUND"].includes(row.state) && row.open) lines.push(`close ${row.name}`);
  if (open.size > 0) lines.push("exit");
  const next = rows.map((r) => seconds(r.left)).filter((s) => s > 0).sort((a, b) => a - b)[0];
  if (next) lines.push(`sockets`);
  return [...new Set(lines)].slice(0, 12);
}

function ofSocket(s, state, open) {
  if (!open) return [`state ${s}`, `timer ${s}`];
  const sends = ["ESTABLISHED", "CLOSE-WAIT"].includes(state);
  return [
    ...(sends ? [`send ${s} 100`] : []), ...(state === "CLOSED" ? [] : [`recv ${s} nowait`]),
    ...(sends ? [`shutdown ${s} wr`] : []), `close ${s}`, `abort ${s}`, `state ${s}`,
  ];
}

function wire(scene, world, ends) {
  const seen = scene.moments.slice(0, scene.moment + 1).flatMap((m) => m.beats[0] ?? []);
  const held = [...world.flights.values()].some((f) => f.fate === "held" && seen.some((b) => b.departures.some((d) => d.flight.id === f.id)));
  const lines = held ? ["deliver", "deliver server", "deliver client", "release"] : ["hold", "hold server", "hold client"];
  const live = ends.filter((e) => e.connected && e.socket);
  if (live.some((e) => e.state !== "CLOSED")) lines.push("drop server FIN", "drop client ACK", "dup client DATA after 1s", "delay server FIN 1s");
  for (const { host, socket } of live.slice(-2)) lines.push(`forge ${host} ${socket} RST seq=nxt`, `forge ${host} ${socket} ACK seq=nxt-1`);
  return lines.slice(0, 12);
}

/** A name that no line of the lab has used. */
function freshName(lab, letter) {
  const used = new Set(lab.steps.flatMap((s) => s.text.split(/\s+/)));
  for (let n = 1; ; n++) {
    const name = n === 1 ? letter : `${letter}${n}`;
    if (!used.has(name)) return name;
  }
}

/** Seconds to the next timer of any socket, 0 if none runs. */
export function nextTimer(scene) {
  const moment = scene.moment >= 0 ? scene.snaps.get(scene.order[0].name)[scene.moment] : null;
  if (!moment) return 0;
  const left = Object.values(moment.tables).flatMap((t) => t.rows.filter((r) => r.timer && r.timer !== "none").map((r) => seconds(r.left) - (moment.at - t.at)));
  return Math.min(...left.filter((s) => s > 0), Infinity);
}
