// Events folded into stories, one a world. Nothing here knows the document or the clock.

import { seconds } from "./api.js";

/** An empty story of a lab whose steps are known beforehand (GET /v1/labs/{id}). */
export function newStory(lab) {
  const story = { lab, last: 0, worlds: new Map() };
  for (const name of lab.worlds) {
    story.worlds.set(name, { name, items: [], flights: new Map(), results: new Map(), at: 0, status: "running" });
  }
  return story;
}

/** Folds one event in. Events that were seen already change nothing. */
export function fold(story, event) {
  if (event.id <= story.last) return;
  story.last = event.id;
  const world = story.worlds.get(event.world);
  if (event.kind === "status") {
    if (world) world.status = event.status;
    else story.lab.status = event.status;
    return;
  }
  if (!world) return;
  const at = seconds(event.at);
  world.at = Math.max(world.at, at);
  const add = (item) => world.items.push({ id: event.id, line: event.line, inDelay: event.in_delay, at, ...item });
  switch (event.kind) {
    case "step":
      world.results.set(event.step.line, event.step.results?.[world.name]);
      return add({ kind: "step", step: event.step });
    case "state":
      return add({ kind: "state", entry: event.entry });
    case "segment":
      return foldSegment(world, event.segment, add);
    case "sockets":
      return add({ kind: "sockets", host: event.host, rows: event.rows || [] });
  }
}

function foldSegment(world, segment, add) {
  let flight = world.flights.get(segment.id);
  const before = flight?.fate;
  if (flight) {
    Object.assign(flight, segment);
  } else {
    world.flights.set(segment.id, (flight = { ...segment }));
    add({ kind: "segment", flight });
  }
  if (segment.fate === "arrived" && before !== "arrived") add({ kind: "arrival", flight });
}

/**
 * Gives every state item the `one` it is of, whose key stays with the socket. A connection has no
 * name until it is accepted; then it is known by that name from its beginning.
 */
export function track(world) {
  const live = []; // {host, key, name, state}
  let count = 0;
  const find = (host, name, from) =>
    live.find((s) => s.host === host && s.name === name && (name || s.state === from)) ||
    (name && live.find((s) => s.host === host && !s.name && s.state === from));
  for (const item of world.items) {
    if (item.kind === "step") nameAccepted(item, world, live);
    if (item.kind !== "state") continue;
    const { host, socket, from, to } = item.entry;
    let one = from === "LISTEN" && to !== "CLOSED" && !socket ? undefined : find(host, socket, from);
    if (!one) live.push((one = { host, key: `${host} ${++count}`, name: socket }));
    if (socket) one.name = socket;
    one.state = to;
    item.one = one;
    if (to === "CLOSED") live.splice(live.indexOf(one), 1);
  }
}

function nameAccepted(item, world, live) {
  const words = /^accept \S+ as (\S+)/.exec(item.step.text);
  if (!words || item.step.results?.[world.name]?.result !== "ok") return;
  const one = live.find((s) => s.host === item.step.actor && !s.name);
  if (one) one.name = words[1];
}

/** What can be seen of a world after the given step: the last thing known of every socket and table. */
export function momentOf(bands, upto) {
  const moment = { at: 0, ends: new Map(), tables: {} };
  for (let n = 0; n < bands.length && n <= upto; n++) {
    for (const item of bands[n]) {
      moment.at = Math.max(moment.at, item.at);
      if (item.kind === "sockets") moment.tables[item.host] = { rows: item.rows, at: item.at };
      if (item.kind === "state") noteEnd(moment.ends, item);
    }
  }
  return moment;
}

function noteEnd(ends, { one, entry, at, id }) {
  const connected = ends.get(one.key)?.connected || isConnection(entry.to);
  ends.set(one.key, { key: one.key, host: one.host, socket: one.name, state: entry.to, connected, at, id });
}

/** Whether a state is one of a connection, not of a listener or of nothing. */
export function isConnection(state) {
  return !["CLOSED", "LISTEN", "BOUND"].includes(state);
}

/** The socket of a host that its big letters should name, and the others of its connections. */
export function endOf(moment, host) {
  const all = [...moment.ends.values()].filter((e) => e.host === host && e.connected);
  const open = all.filter((e) => e.state !== "CLOSED").sort((a, b) => b.id - a.id);
  if (open.length) return { main: open[0], others: open.slice(1) };
  const gone = all.sort((a, b) => b.id - a.id);
  return { main: gone[0], others: [] };
}

/** Seconds that a TIME-WAIT of a host has left at the time `now` of its world, longest first. */
export function timeWaits(moment, host, now) {
  const table = moment.tables[host];
  if (!table) return [];
  return table.rows
    .filter((row) => row.state === "TIME-WAIT" && row.left)
    .map((row) => ({ row, left: Math.max(0, seconds(row.left) - (now - table.at)) }))
    .sort((a, b) => b.left - a.left);
}
