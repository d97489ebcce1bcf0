// A band of a story cut into beats. A beat is one cause and what it does at once: a call with the
// segment it sends and the state it leads to; an arrival with the answer to it; a timer.

// Seconds that count as one instant. A kernel takes its time, and is seen a little later.
const instant = { virtual: 0.0004, real: 0.0035 };

/** The beats of a band of a world, in order. */
export function beatsOf(band, world) {
  const cutter = new Cutter(world);
  for (const item of bundled(band)) cutter[item.kind](item);
  return cutter.beats;
}

class Cutter {
  constructor(world) {
    this.world = world;
    this.together = world.name.startsWith("kernel") ? instant.real : instant.virtual;
    this.beats = [];
  }

  begin(kind, at) {
    const beat = { kind, at, calls: [], arrivals: [], states: [], departures: [], tables: [], hosts: new Set() };
    this.beats.push(beat);
    return beat;
  }

  get last() {
    return this.beats.at(-1);
  }

  /** The latest beat that a host has a part in and that `fits`, if it is of this instant. */
  latest(host, at, fits = () => true) {
    const beat = this.beats.findLast((b) => b.hosts.has(host) && fits(b));
    return beat && (beat.kind === "call" || at - beat.at <= this.together) ? beat : undefined;
  }

  step(item) {
    const { step } = item;
    const skipped = step.results?.[this.world.name]?.result === "not run";
    const joins = step.same && this.last?.kind === "call";
    const beat = joins ? this.last : this.begin(skipped ? "skipped" : "call", item.at);
    beat.calls.push(item);
    beat.hosts.add(step.actor);
  }

  segment(item) {
    const { flight } = item;
    const by = flight.forged ? "wire" : flight.from;
    const beat = this.answering(this.world.causes.get(flight.id)) || this.latest(by, item.at, (b) => !this.world.causes.has(flight.id) || b.kind !== "arrival") ||
      this.begin("timer", item.at);
    beat.departures.push(item);
    beat.hosts.add(by);
  }

  /** The beat in which a flight arrived. */
  answering(id) {
    return id ? this.beats.findLast((b) => b.arrivals.some((a) => a.flight.id === id || a.flight.ids?.includes(id))) : undefined;
  }

  arrival(item) {
    const { flight } = item;
    const last = this.last;
    const crosses = last?.kind === "arrival" && item.at - last.at <= this.together && last.hosts.size === 1 &&
      !last.hosts.has(flight.to) && !last.departures.some((d) => d.flight.id === flight.id) && this.inAir(flight, last);
    const beat = crosses ? last : this.begin("arrival", item.at);
    beat.arrivals.push(item);
    beat.hosts.add(flight.to);
  }

  /** Whether a segment was under way before a beat began. */
  inAir(flight, beat) {
    return !this.beats.slice(this.beats.indexOf(beat)).some((b) => b.departures.some((d) => d.flight.id === flight.id));
  }

  state(item) {
    const { host, of } = item.entry;
    const beat = this.answering(of) || this.latest(host, item.at, (b) => b.kind !== "arrival") || this.latest(host, item.at, (b) => Boolean(of) || b.kind === "timer") || this.begin("timer", item.at);
    beat.states.push(item);
    beat.hosts.add(host);
  }

  sockets(item) {
    (this.last || this.begin("tables", item.at)).tables.push(item);
  }
}

/**
 * Segments of one kind that leave an end at one instant and arrive at one, three or more, are
 * drawn as one arrow; the list of facts has each of them.
 */
function bundled(band) {
  const kinds = new Map();
  for (const item of band) {
    if (item.kind !== "segment") continue;
    const { from, to, fate, departs, arrives, flags, forged, len } = item.flight;
    const kind = [from, to, fate, departs, arrives, flags.filter((f) => f !== "PSH"), forged, len > 0].join();
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push(item.flight);
  }
  const joined = new Map(); // flight to the one arrow that stands for it
  for (const flights of kinds.values()) {
    if (flights.length < 3) continue;
    const one = { ...flights[0], ids: flights.map((f) => f.id), count: flights.length, last: flights.at(-1), len: flights.reduce((sum, f) => sum + f.len, 0) };
    for (const f of flights) joined.set(f.id, one);
  }
  if (joined.size === 0) return band;
  const drawn = new Set();
  return band.flatMap((item) => {
    const one = item.flight && joined.get(item.flight.id);
    if (!one) return [item];
    const key = `${item.kind} ${one.id}`;
    if (drawn.has(key)) return [];
    drawn.add(key);
    return [{ ...item, flight: one }];
  });
}

/**
 * The moments of several worlds: {n, k, at, beats}, beat k of step n in each world, null where a world
 * has none. `all` holds each world's beats by step.
 */
export function momentsOf(all, steps) {
  const moments = [];
  steps.forEach((step, n) => {
    const most = Math.max(0, ...all.map((bands) => bands[n].length));
    for (let k = 0; k < most; k++) {
      const beats = all.map((bands) => bands[n][k] || null);
      moments.push({ n, k, at: beats.find(Boolean).at, beats });
    }
  });
  return moments;
}
