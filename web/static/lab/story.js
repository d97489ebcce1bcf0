// Events folded into stories, one a world. Nothing here knows the document or the clock.

import { seconds } from "../app/api.js";

/** An empty story of a lab whose steps are known beforehand (GET /v1/labs/{id}). */
export function newStory(lab) {
  const story = { lab, last: 0, worlds: new Map() };
  for (const name of lab.worlds) {
    story.worlds.set(name, { name, items: [], flights: new Map(), tables: {}, results: new Map(), at: 0, start: null, status: "running" });
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
  world.start ??= seconds(event.at); // a world's clock starts with its first step, not with what it takes to set it up
  const at = Math.max(0, seconds(event.at) - world.start);
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
      return add({ kind: "sockets", host: event.host, rows: (world.tables[event.host] = table(world.tables[event.host], event)).rows });
  }
}

/** The rows of a socket table at an event. A long one tells only what has changed since the event before. */
function table(before, { at, rows, changes }) {
  const now = seconds(at);
  if (!changes) return { now, rows: rows || [] };
  const all = new Map();
  for (const row of before?.rows ?? []) all.set(row.id, row.timer === "none" ? row : { ...row, left: `${Math.max(0, seconds(row.left) - (now - before.now))}s` });
  for (const id of changes.gone) all.delete(id);
  for (const row of changes.rows) all.set(row.id, row);
  return { now, rows: [...all.values()] };
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
  if (segment.fate === "held") flight.held = true;
  if (segment.fate === "arrived" && before !== "arrived") add({ kind: "arrival", flight });
}

/** Whether a state is one of a connection, not of a listener or of nothing. */
export const isConnection = (state) => !["CLOSED", "LISTEN", "BOUND"].includes(state);

const noMoment = { at: 0, ends: new Map(), tables: {} };

/**
 * What can be seen of a world after each moment: the last thing known of every socket and table.
 * `beats` are the world's, one a moment; null where it has none.
 */
export function snapshots(beats) {
  let now = noMoment;
  return beats.map((beat) => (beat ? (now = after(now, beat)) : now));
}

function after(before, beat) {
  const next = { ...before, at: Math.max(before.at, beat.at) };
  for (const { entry, one, at, id } of beat.states) {
    if (next.ends === before.ends) next.ends = new Map(before.ends);
    const connected = next.ends.get(one.key)?.connected || isConnection(entry.to);
    next.ends.set(one.key, { key: one.key, host: one.host, socket: one.name, state: entry.to, connected, at, id });
  }
  for (const { host, rows, at } of beat.tables) next.tables = { ...next.tables, [host]: { rows, at } };
  return next;
}

/** The socket of a host that its card names, and the others of its connections. */
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
