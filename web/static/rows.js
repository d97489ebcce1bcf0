// What a ladder shows of a story, in rows: calls, states, departures and arrivals, one instant a row.

// Seconds that count as one instant. A kernel takes its time, and is seen a little later.
const instant = { virtual: 0.0004, real: 0.0035 };

/** The points of a world's bands in order: calls, states, departures and arrivals. */
export function pointsOf(world) {
  return world.bands.map((band) => bundle(band.map((item) => pointOf(item, world)).filter(Boolean)));
}

/**
 * Segments of one kind that leave an end at one instant and arrive at one, three or more, are
 * drawn as one arrow; the list of facts has each of them.
 */
function bundle(points) {
  const kinds = new Map();
  for (const p of points) {
    if (p.type !== "dep") continue;
    const { from, to, fate, departs, arrives, flags, forged, len } = p.flight;
    const kind = [from, to, fate, departs, arrives, flags.filter((f) => f !== "PSH"), forged, len > 0].join();
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push(p.flight);
  }
  const joined = new Map(); // flight to the one arrow that stands for it
  for (const flights of kinds.values()) {
    if (flights.length < 3) continue;
    const one = {
      ...flights[0], count: flights.length, last: flights.at(-1),
      len: flights.reduce((sum, f) => sum + f.len, 0),
    };
    for (const f of flights) joined.set(f.id, one);
  }
  if (joined.size === 0) return points;
  const drawn = new Set();
  return points.flatMap((p) => {
    const one = p.flight && joined.get(p.flight.id);
    if (!one) return [p];
    if (drawn.has(`${p.type}${one.id}`)) return [];
    drawn.add(`${p.type}${one.id}`);
    return [{ ...p, flight: one }];
  });
}

function pointOf(item, world) {
  const { id, at, flight, entry } = item;
  switch (item.kind) {
    case "step":
      return notePoint(item, world);
    case "state":
      return isChange(entry) ? { type: "state", key: id, at, host: entry.host, socket: item.one.key, name: item.one.name, entry } : null;
    case "segment":
      return { type: "dep", key: id, at, host: flight.from, flight };
    case "arrival":
      return { type: "arr", key: id, at, host: flight.to, flight };
  }
  return null;
}

// An event that leaves the state as it was is in the list of facts; only a TIME-WAIT that starts again is drawn.
const isChange = ({ from, to }) => from !== to || to === "TIME-WAIT";

const isSkipped = (item, world) => item.step.results?.[world.name]?.result === "not run";

function notePoint(item, world) {
  const { step } = item;
  const result = step.results?.[world.name]?.result ?? "";
  const mark = step.expect ? (step.expected === false ? "bad" : "met") : "open";
  return { type: "note", key: item.id, at: item.at, host: step.actor, text: step.text, result, mark, notRun: isSkipped(item, world) };
}

/** Points grouped into rows: one instant each, and nothing twice in one place. */
export function rowsOf(points, narrow, real) {
  const together = real ? instant.real : instant.virtual;
  const rows = [];
  let row;
  const begin = (p) => rows.push((row = { at: p.at, points: [], taken: new Set(), lands: 0 }));
  for (const p of points) {
    const place = `${p.type} ${p.host}`;
    const after = narrow && p.type === "state" && row?.taken.has(`arr ${p.host}`);
    const own = p.type === "arr" && row?.points.some((q) => q.type === "dep" && q.flight === p.flight);
    const near = row && p.at - row.at <= together;
    if (!near || row.taken.has(place) || after || own) {
      const before = row;
      begin(p);
      if (near && p.type === "state" && p.entry.from !== "LISTEN") follow(before, row, p);
    }
    row.points.push(p);
    row.taken.add(place);
    if (p.type === "arr") row.lands++;
  }
  return rows;
}

/** A segment leaves from the state that sent it: it moves down with the state, if both are of one moment. */
function follow(before, row, state) {
  const sent = before.points.filter((p) => p.type === "dep" && p.host === state.host && Math.abs(p.key - state.key) <= 2);
  if (sent.length === 0) return;
  before.points = before.points.filter((p) => !sent.includes(p));
  row.points.push(...sent);
  row.taken.add(`dep ${state.host}`);
}
