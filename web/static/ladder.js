// The layout of ladder diagrams: bands of a story in, shapes out. Shapes are plain numbers and
// words; ink.js draws them. Several worlds are laid out together, band by band, so that the same
// step lies at the same height in each. Time runs down but is not to scale: what happens at one
// instant shares a row, and a wait of a second or more is a break.

import { pointsOf, rowsOf } from "./rows.js";

const em = { note: 7.3, pill: 7.3, phase: 8, label: 6.6 }; // width of a character, roughly
const line = 16; // height of a line of a note
const pillHeight = 20;
const slope = 34; // how far an arrow falls
const breakFrom = 1; // seconds of wait that are drawn as a break

/** Below this width the calls stand between the life lines and not beside them. */
export const narrowBelow = 470;

/**
 * Lays worlds out side by side. Each world is {name, real, bands} (see bands.js) and gets its shapes;
 * `steps` are the script's. upto is the last band to show.
 */
export function layout(worlds, steps, { width, upto = Infinity }) {
  const pens = worlds.map((world) => new Pen(world, width));
  let y = 54;
  let phase = "";
  for (let n = 0; n < steps.length && n <= upto; n++) {
    if (worlds.every((w) => w.bands[n].length === 0)) continue;
    if (steps[n].phase && steps[n].phase !== phase) {
      phase = steps[n].phase;
      const lines = wrap(phase, Math.floor((width - 8) / widthOf(phase, em.phase)), 4);
      pens.forEach((pen) => pen.shapes.push({ kind: "phase", key: `p${n}`, x: 2, y: y + 16, w: width, h: 8 + lines.length * 17, lines }));
      y += 20 + lines.length * 17;
    }
    const top = y;
    y = Math.max(...pens.map((pen) => pen.band(n, y, steps[n])));
    const odd = oddness(steps[n]);
    if (odd) pens.forEach((pen) => pen.shapes.push({ kind: "odd", key: `o${n}`, y: top, w: width, h: y - top, odd }));
  }
  const height = y + 26;
  pens.forEach((pen) => pen.finish(height));
  return { width, height, pictures: new Map(pens.map((pen) => [pen.world.name, pen])) };
}

/** What makes a step stand out: the worlds differ on it, or none met what the script expects. */
function oddness(step) {
  if (step.expected === false) return "unexpected";
  return step.verdict === "differ" ? "differ" : "";
}

/** What a pen knows between bands: where each socket's lane is, which segments are in the air. */
class Pen {
  constructor(world, width) {
    this.world = world;
    this.width = width;
    this.narrow = width < narrowBelow;
    const margin = this.narrow ? 24 : Math.min(210, Math.round(width * 0.3));
    this.x = { server: margin, client: width - margin };
    this.out = { server: -1, client: 1 };
    this.shapes = [];
    this.lanes = { server: new Map(), client: new Map() };
    this.air = new Map();
    this.last = null; // time of the last row
    this.flow = pointsOf(world);
  }

  /** Draws band n from y on and returns where it ends. */
  band(n, y, step) {
    const points = this.flow[n];
    if (points.length === 0) return y;
    const note = points.find((p) => p.type === "note");
    if (note?.notRun) return this.skipped(n, y, note, step);
    if (n > 0) this.shapes.push({ kind: "rule", key: `r${n}`, x1: 0, x2: this.width, y });
    if (note) this.shapes.push({ kind: "clock", key: `c${n}`, x: this.width / 2, y: y + 4, at: note.at });
    this.bottom = { server: y + 8, client: y + 8, inner: y + 12 };
    for (const row of rowsOf(points, this.narrow, this.world.real)) this.row(row);
    return Math.max(this.bottom.server, this.bottom.client, this.bottom.inner) + 14;
  }

  /** A step that this world did not run leaves one faint line. */
  skipped(n, y, note, step) {
    const x = this.width / 2;
    this.shapes.push({ kind: "skipped", key: `k${n}`, x, y: y + 18, text: step.text, line: step.line });
    return y + 30;
  }

  row(row) {
    if (this.last !== null && row.at - this.last >= breakFrom) this.pass(row.at - this.last);
    this.last = row.at;
    const b = this.bottom;
    for (const p of row.points) p.depth = p.host === "wire" ? 0 : this.depth(p.host, row);
    if (this.narrow) {
      b.server = b.client = b.inner = Math.max(b.server, b.client, b.inner);
    }
    let y = b.inner + (row.lands > 1 ? 2.2 * slope : row.lands ? slope : 14);
    for (const host of ["server", "client"]) y = Math.max(y, b[host] + this.need(row, host));
    if (this.narrow) y = Math.max(y, b.inner + this.need(row, "server") + this.need(row, "client"));
    row.y = y;
    if (this.narrow) this.stack(row);
    else this.beside(row);
    for (const p of row.points) {
      if (p.type === "dep") this.departs(p, y);
      if (p.type === "arr") this.arrives(p, y);
    }
    b.inner = Math.max(b.inner, y);
  }

  /** The height that a host's calls and states need above the line of a row. */
  need(row, host) {
    const notes = row.points.filter((p) => p.type === "note" && p.host === host);
    const pills = row.points.filter((p) => p.type === "state" && p.host === host);
    if (notes.length + pills.length === 0) return 0;
    const text = notes.reduce((sum, p) => sum + this.lines(p).length * line + 4, 0);
    const half = pills.length ? pillHeight / 2 + 2 : 2;
    return text + (this.narrow ? pills.length * (pillHeight + 4) + 16 : half + 4);
  }

  lines(p) {
    const room = this.narrow ? this.width - 76 : this.x.server - 12 - 6 * p.depth;
    return wrap(p.text, Math.floor(room / em.note), 4).concat(p.result ? [{ result: p.result, mark: p.mark }] : []);
  }

  /** Calls and states outside the life lines: the ladder as books draw it. */
  beside(row) {
    for (const host of ["server", "client"]) {
      const edge = this.x[host] + this.out[host] * (10 + 6 * this.depth(host, row));
      let y = row.y;
      const pills = row.points.filter((p) => p.type === "state" && p.host === host);
      for (const p of pills) this.pill(p, edge, row.y, host === "server" ? "end" : "start");
      if (pills.length) this.bottom[host] = row.y + pillHeight / 2;
      y -= pills.length ? pillHeight / 2 + 4 : 0;
      for (const p of row.points.filter((q) => q.type === "note" && q.host === host)) {
        const lines = this.lines(p);
        this.note(p, edge, y - (lines.length - 1) * line - (pills.length ? 2 : -4), host === "server" ? "end" : "start", lines);
        this.bottom[host] = Math.max(this.bottom[host], row.y + 6);
      }
    }
    this.wireNotes(row);
  }

  /** Calls and states between the life lines, one under the other: the ladder on a telephone. */
  stack(row) {
    let y = this.bottom.inner + 6;
    for (const host of ["server", "client"]) {
      const edge = this.x[host] - this.out[host] * 10;
      const anchor = host === "server" ? "start" : "end";
      for (const p of row.points.filter((q) => q.host === host)) {
        if (p.type === "note") {
          const lines = this.lines(p);
          this.note(p, edge, y + 12, anchor, lines);
          y += lines.length * line + 4;
        } else if (p.type === "state") {
          this.pill(p, edge, y + pillHeight / 2 + 1, anchor);
          y += pillHeight + 4;
        }
      }
    }
    this.wireNotes(row);
  }

  wireNotes(row) {
    for (const p of row.points.filter((q) => q.type === "note" && q.host === "wire")) {
      const lines = this.lines(p);
      this.note(p, this.width / 2, row.y + 8, "middle", lines);
      this.bottom.inner = row.y + lines.length * line;
      row.y = this.bottom.inner;
    }
  }

  note(p, x, y, anchor, lines) {
    this.shapes.push({ kind: "note", key: `n${p.key}`, x, y, anchor, lines, height: line });
  }

  pill(p, x, y, anchor) {
    const { host, to } = p.entry;
    const socket = p.name;
    const text = socket ? `${socket} ${to}` : to;
    const w = text.length * em.pill + 18;
    const left = Math.max(1, Math.min(anchor === "end" ? x - w : x, this.width - w - 1));
    this.shapes.push({
      kind: "state", key: `s${p.key}`, x: left, y: y - pillHeight / 2, w, h: pillHeight, socket, state: to, host,
    });
    this.lane(p, y);
  }

  /** The lane of a socket: a strip beside the life line in the colour of its state. */
  lane({ socket, entry: { host, to } }, y) {
    const lanes = this.lanes[host];
    const known = lanes.get(socket);
    if (known) {
      this.strip(host, known, y);
      if (to === "CLOSED") lanes.delete(socket);
      else Object.assign(known, { y, state: to });
    } else if (to !== "CLOSED") {
      lanes.set(socket, { socket, slot: freeSlot(lanes), y, state: to });
    }
  }

  strip(host, lane, y) {
    const x = this.x[host] + this.out[host] * (4 + 6 * lane.slot);
    this.shapes.push({ kind: "lane", key: `l${lane.socket} ${lane.y}`, x, y1: lane.y, y2: y, state: lane.state });
  }

  depth(host, row) {
    let most = -1;
    for (const lane of this.lanes[host].values()) most = Math.max(most, lane.slot);
    const fresh = row.points.some((p) => p.type === "state" && p.host === host && !this.lanes[host].has(p.socket));
    return Math.max(most, fresh ? freeSlot(this.lanes[host]) : 0) + 1;
  }

  /** A break: so much time passes here. */
  pass(time) {
    const y = Math.max(this.bottom.server, this.bottom.client, this.bottom.inner) + 22;
    this.shapes.push({ kind: "pass", key: `w${y}`, x1: this.x.server, x2: this.x.client, y, time });
    this.bottom = { server: y + 16, client: y + 16, inner: y + 16 };
  }

  departs({ flight }, y) {
    const from = { x: this.x[flight.from], y, flight };
    if (flight.fate === "arrived") this.air.set(flight.id, from);
    else this.stub(flight, from);
  }

  /** A segment that does not get there, or not yet. */
  stub(flight, { x, y }) {
    const share = flight.fate === "lost" ? 0.6 : 0.5;
    const across = flight.from === flight.to ? -this.out[flight.from] * 80 : this.x[flight.to] - x;
    const to = { x: x + across * share, y: y + slope * share };
    this.arrow(flight, { x, y }, to, false);
    this.bottom.inner = Math.max(this.bottom.inner, to.y);
  }

  arrives({ flight }, y) {
    const from = this.air.get(flight.id);
    if (!from) return;
    this.air.delete(flight.id);
    const crossing = [...this.air.values()].length > 0 || this.crossed?.has(flight.id);
    if (crossing) this.crossed = new Set([...(this.crossed || []), ...this.air.keys()]);
    this.arrow(flight, from, { x: this.x[flight.to], y }, crossing);
  }

  arrow(flight, from, to, crossing) {
    const self = flight.from === flight.to;
    const numbers = numbersOf(flight);
    const odd = flight.forged || flight.fate !== "arrived";
    const two = crossing || (odd && this.narrow) || this.x.client - this.x.server < 190;
    const chars = flight.flags.join(",").length + (flight.count ? 4 : 0) + (odd ? 12 : 0) + (two ? 0 : numbers.length + 1);
    const half = (Math.max(chars, two ? numbers.length : 0) * em.label) / 2 + 2;
    const share = crossing ? 0.27 : 0.5; // where lines cross, words stand near the sender
    this.shapes.push({
      kind: self ? "loop" : "arrow", key: `a${flight.id}`, x1: from.x, y1: from.y, x2: to.x, y2: to.y, flight, numbers, two,
      bend: self ? -this.out[flight.from] * 44 : 0,
      lx: this.within(from.x + (to.x - from.x) * share, half), ly: from.y + (to.y - from.y) * share,
    });
  }

  /** Where a label of this half width may stand: between the life lines, if it fits there. */
  within(x, half) {
    const [low, high] = [this.x.server + half + 4, this.x.client - half - 4];
    if (low > high) return this.width / 2;
    return Math.max(low, Math.min(x, high));
  }

  /** Draws every open lane and the life lines down to the end. */
  finish(height) {
    const end = height - 14;
    for (const from of this.air.values()) this.stub({ ...from.flight, fate: "under way" }, from); // it arrives after what is shown
    for (const host of ["server", "client"]) {
      for (const lane of this.lanes[host].values()) this.strip(host, lane, end);
      this.shapes.push({ kind: "life", key: `life${host}`, host, x: this.x[host], y1: 34, y2: end });
    }
  }
}

function freeSlot(lanes) {
  const taken = new Set([...lanes.values()].map((lane) => lane.slot));
  let n = 0;
  while (taken.has(n)) n++;
  return Math.min(n, 4);
}

function numbersOf({ seq, ack, flags, len, count, last }) {
  if (count && !len) return `ack ${ack} … ${last.ack}`;
  const parts = [`seq ${seq}${count ? ` … ${last.seq}` : ""}`];
  if (flags.includes("ACK") && !count) parts.push(`ack ${ack}`);
  if (len) parts.push(`len ${len}`);
  return parts.join(" ");
}

/** Text cut into at most `most` lines of `room` characters, at spaces where there are any. */
export function wrap(text, room, most) {
  const lines = [];
  let rest = text;
  while (rest.length > room && lines.length < most - 1) {
    let cut = rest.lastIndexOf(" ", room);
    if (cut < room / 4) cut = room;
    lines.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  lines.push(rest.length > room ? `${rest.slice(0, room - 1)}…` : rest);
  return lines;
}

// Chinese characters are twice as wide.
const widthOf = (text, normal) => (/[\u2e80-\uffef]/.test(text) ? normal * 1.9 : normal);
