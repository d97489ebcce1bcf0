// The layout of the ladder: moments in, shapes out. Shapes are plain numbers and words; ladder.js
// draws them. Time runs down but is not to scale. Every moment gets a strip of its own, as high as
// what it shows in any world, so the same moment lies at the same height in each of them and
// nothing that is written can come to lie on anything else that is.

import { Lanes } from "./lanes.js";
import { labelOf, estimate, wrap } from "./labels.js";

const line = 16; // height of a line of a call
const pill = { height: 20, pad: 18 };
const label = { line: 14 };
const fall = 30; // how far an arrow falls at least
const waits = 0.9; // seconds without anything that are drawn as a break
const apart = 10; // between moments

/** Below this width a world has no room beside its life lines: calls stand between them. */
export const narrowBelow = 560;

/** Width of the column of times: left of a single world, between two. */
export const gutter = 58;

/**
 * Lays worlds out side by side in a sheet of a width. `moments` are those of momentsOf(), whose beats
 * are in the order of `worlds`. Gives the shapes, the height, and for each moment where it ends.
 */
export function layout(worlds, moments, steps, { width, measure = estimate }) {
  const sheet = new Sheet(worlds, width, measure);
  moments.forEach((moment, m) => sheet.moment(moment, m, steps[moment.n]));
  return sheet.finish();
}

/** Where each world lies in a sheet, and its column of times. */
export function columns(count, width) {
  if (count === 1) return { times: { x: 0, w: gutter }, worlds: [{ x: gutter, w: width - gutter }] };
  const w = Math.floor((width - gutter) / 2);
  return { times: { x: w, w: gutter }, worlds: [{ x: 0, w }, { x: w + gutter, w: width - gutter - w }] };
}

class Sheet {
  constructor(worlds, width, measure) {
    this.width = width;
    this.measure = measure;
    const { times, worlds: places } = columns(worlds.length, width);
    this.times = times;
    this.pens = worlds.map((world, i) => new Pen(world, places[i], measure));
    this.shapes = [];
    this.ends = []; // where each moment ends
    this.y = 12;
    this.phase = "";
    this.last = worlds.map(() => null); // time of the last beat
    this.clock = "";
    this.step = -1;
  }

  add(shape, top, bottom) {
    this.shapes.push({ ...shape, top, bottom });
  }

  moment(moment, m, step) {
    this.opens(moment, step);
    this.passes(moment);
    const top = this.y;
    const beats = moment.beats.slice(0, this.pens.length);
    const ends = this.pens.map((pen, i) => (beats[i] ? pen.beat(beats[i], top, m) : top));
    this.y = Math.max(...ends);
    this.time(moment, top, m);
    this.odd(moment, step, top);
    this.ends.push(this.y + 8);
    this.y += apart;
  }

  /** A new step draws a rule; a new phase, its words. */
  opens({ n }, step) {
    if (n === this.step) return;
    this.first = this.step !== n;
    this.step = n;
    this.marked = false;
    if (step.phase && step.phase !== this.phase) {
      this.phase = step.phase;
      const lines = wrap(this.phase, this.width - 12, this.measure.phase, 4);
      this.add({ kind: "phase", key: `p${n}`, x: 4, y: this.y + 14, w: this.width, lines }, this.y, this.y + 20 + lines.length * 18);
      this.y += 10 + lines.length * 18;
    } else if (n > 0) {
      this.add({ kind: "rule", key: `r${n}`, x1: 0, x2: this.width, y: this.y - apart / 2 }, this.y - 6, this.y - 4);
    }
  }

  /** Time in which nothing happens, in whichever world it does. */
  passes({ beats, n, k }) {
    const gaps = this.pens.map((_, i) => (beats[i] && this.last[i] !== null ? beats[i].at - this.last[i] : 0));
    beats.forEach((beat, i) => beat && (this.last[i] = beat.at));
    if (Math.max(...gaps) < waits) return;
    this.pens.forEach((pen, i) => {
      if (gaps[i] >= waits) this.add({ kind: "pass", key: `w${i} ${n} ${k}`, x1: pen.x.server, x2: pen.x.client, y: this.y + 15, time: gaps[i] }, this.y, this.y + 30);
    });
    this.y += 34;
  }

  time({ at, n, k }, top) {
    const text = at < 60 ? at.toFixed(3) : `${Math.floor(at / 60)}:${(at % 60).toFixed(1).padStart(4, "0")}`;
    if (text === this.clock) return;
    this.clock = text;
    this.y = Math.max(this.y, top + 8); // the next one stands under it
    this.add({ kind: "clock", key: `c${n} ${k}`, x: this.times.x + this.times.w / 2, y: top + 12, text }, top, top + 14);
  }

  /** What makes a step stand out: the worlds differ on it, or none met what the script expects. */
  odd({ n, k }, step, top) {
    const odd = step.expected === false ? "unexpected" : step.verdict === "differ" ? "differ" : "";
    if (!odd) return;
    this.add({ kind: "shade", key: `h${n} ${k}`, y: top - 4, w: this.width, h: this.y - top + 10 }, top, this.y);
    if (this.marked) return;
    this.marked = true;
    this.y = Math.max(this.y, top + 44);
    this.add({ kind: "odd", key: `o${n}`, x: this.times.x + this.times.w / 2, y: top + 32, odd, n }, top, top + 44);
  }

  finish() {
    const height = this.y + 18;
    const shapes = this.shapes.concat(...this.pens.map((pen) => pen.finish(height)));
    return { width: this.width, height, shapes, ends: this.ends, places: this.pens.map((p) => ({ world: p.world.name, x: p.x, narrow: p.narrow })) };
  }
}

/** One world's part of the sheet: where each socket's lane is, which segments are in the air. */
class Pen {
  constructor(world, place, measure) {
    this.world = world;
    this.measure = measure;
    this.narrow = place.w < narrowBelow;
    const beside = this.narrow ? 22 : Math.max(150, Math.min(236, Math.round(place.w * 0.29)));
    this.left = place.x;
    this.right = place.x + place.w;
    this.x = { server: place.x + beside, client: place.x + place.w - beside };
    this.out = { server: -1, client: 1 };
    this.lanes = new Lanes(this.x, this.out);
    this.air = new Map();
    this.shapes = [];
  }

  add(shape, top, bottom) {
    this.shapes.push({ ...shape, world: this.world.name, top, bottom });
  }

  /** Draws a beat from y0 on and returns where it ends. */
  beat(beat, y0, m) {
    this.m = m;
    this.half = { server: y0, client: y0 }; // how far the wire is written on, on each side
    this.side = { server: y0, client: y0 }; // the same beside the life lines
    this.from = { server: null, client: null }; // where what a host does next begins
    this.end = y0;
    if (beat.kind === "skipped") this.skipped(beat);
    else for (const call of beat.calls) this.call(call);
    for (const arrival of beat.arrivals) this.arrives(arrival, y0);
    for (const state of beat.states) if (state.entry.from !== state.entry.to || state.entry.to === "TIME-WAIT") this.state(state);
    this.departures(beat);
    for (const host of ["server", "client"]) this.end = Math.max(this.end, this.half[host], this.side[host]);
    return this.end;
  }

  skipped({ calls }) {
    const y = this.both() + 14;
    const words = calls.map((c) => c.step.text).join(" & ");
    this.add({ kind: "skipped", key: `k${calls[0].id}`, x: this.middle(), y, text: words, room: this.x.client - this.x.server - 20 }, y - 12, y + 4);
    this.half.server = this.half.client = y + 6;
  }

  middle() {
    return (this.x.server + this.x.client) / 2;
  }

  both() {
    return Math.max(this.half.server, this.half.client);
  }

  call(item) {
    const { step } = item;
    const result = step.results?.[this.world.name]?.result ?? "";
    const mark = step.expected === false ? "bad" : "";
    const host = step.actor;
    const wire = !this.x[host];
    const inside = wire || this.narrow;
    const room = inside ? this.x.client - this.x.server - 24 : host === "server" ? this.x.server - this.left - 18 - this.lanes.depth(host) : this.right - this.x.client - 18 - this.lanes.depth(host);
    const lines = wrap(step.text, room, this.measure.note, 4).concat(result ? [{ result, mark }] : []);
    const top = (inside ? this.both() : this.side[host]) + 2;
    const bottom = top + lines.length * line;
    const anchor = wire ? "middle" : (host === "server") === this.narrow ? "start" : "end";
    const x = wire ? this.middle() : this.edge(host);
    this.add({ kind: "note", key: `n${item.id}`, x, y: top + 12, anchor, lines, room, height: line }, top, bottom);
    if (inside) this.half.server = this.half.client = bottom + 2;
    else this.side[host] = bottom + 2;
    if (!wire) this.from[host] = bottom - 5;
  }

  /** Where a host's calls and states begin: beside its life line, or inside of it. */
  edge(host) {
    return this.narrow ? this.x[host] - this.out[host] * 10 : this.x[host] + this.out[host] * (10 + this.lanes.depth(host));
  }

  state(item) {
    const { one, entry } = item;
    const { host, to } = entry;
    const text = one.name ? `${one.name} ${to}` : to;
    const w = Math.ceil(this.measure.pill(text)) + pill.pad;
    const bottomOf = this.narrow ? this.half : this.side;
    const base = Math.max(bottomOf[host] + pill.height / 2 + 2, (this.from[host] ?? 0) + (this.narrow ? pill.height / 2 + 4 : 0));
    const depth = this.lanes.enter(one.key, host);
    const x = this.narrow ? this.x[host] - this.out[host] * 10 : this.x[host] + this.out[host] * (10 + depth);
    const left = (host === "server") === this.narrow ? x : x - w;
    this.add({ kind: "state", key: `s${item.id}`, x: left, y: base - pill.height / 2, w, h: pill.height, socket: one.name, state: to, host }, base - 12, base + 12);
    this.shapes.push(...this.lanes.change(one.key, host, to, base, this.world.name));
    bottomOf[host] = base + pill.height / 2 + 2;
    this.from[host] = this.narrow ? bottomOf[host] : base;
  }

  departures({ departures }) {
    const firsts = ["server", "client"].map((host) => departures.find((d) => d.flight.from === host));
    const crossing = firsts.every(Boolean) && firsts.every((d) => d.flight.to !== d.flight.from);
    const plans = departures.map((d) => ({ ...d, label: labelOf(d.flight, this.measure, this.room(d.flight)) }));
    const level = crossing ? Math.max(...firsts.map((d) => this.ready(plans.find((p) => p.flight === d.flight)))) : 0;
    for (const plan of plans) this.departs(plan, firsts.some((f) => f?.flight === plan.flight) ? level : 0);
  }

  room({ from, to }) {
    const wide = this.x.client - this.x.server;
    return from === to ? wide - 70 : wide - 22;
  }

  /** The height at which a segment may leave: its label stands above its beginning. */
  ready({ flight, label: words }) {
    const half = this.half[flight.from];
    const room = (this.x.client - this.x.server) / 2 - 14;
    const over = words.width > room ? this.both() : half;
    return Math.max(over + words.lines.length * label.line + 4, this.from[flight.from] ?? 0);
  }

  departs(plan, level) {
    const { flight, label: words, id } = plan;
    const { from, to } = flight;
    const y = Math.max(this.ready(plan), level);
    const inward = -this.out[from];
    const x = this.x[from];
    const loop = from === to;
    const shift = loop ? 52 : 8;
    const top = y - words.lines.length * label.line - 2;
    this.add({
      kind: "label", key: `t${id}`, x: x + inward * shift, y: top + 11, anchor: from === "server" ? "start" : "end",
      lines: words.lines, flight, height: label.line,
    }, top, y);
    if (words.width > (this.x.client - this.x.server) / 2 - 14) this.half.server = this.half.client = y + 3;
    else this.half[from] = y + 3;
    this.from[from] = y;
    this.air.set(flight.id, { x, y, flight, id, m: this.m });
    if (flight.fate !== "arrived" || flight.held) this.stub(flight.id, flight.fate === "lost" ? 0.6 : 0.5);
    this.end = Math.max(this.end, y + 4);
  }

  /** A segment that does not get there: the wire loses or holds it. */
  stub(id, share) {
    const { x, y, flight } = this.air.get(id);
    const across = flight.from === flight.to ? -this.out[flight.from] * 80 : this.x[flight.to] - x;
    const [x2, y2] = [x + across * share, y + fall * share];
    this.add({ kind: "arrow", key: `a${flight.id} stub`, x1: x, y1: y, x2, y2, flight, held: flight.held }, y, y2);
    this.end = Math.max(this.end, y2 + 4);
  }

  /** A segment that was held and is let go: it comes from the middle of the wire, where its label is. */
  released({ flight, id }, y0) {
    const { to } = flight;
    const words = labelOf({ ...flight, forged: false }, this.measure, this.room(flight));
    const height = words.lines.length * label.line;
    const x = this.middle();
    const y1 = Math.max(y0, this.half[to]) + height + 4;
    const y = y1 + fall / 2;
    this.add({ kind: "label", key: `t${id}`, x: x - this.out[to] * -6, y: y1 - height + 9, anchor: to === "server" ? "end" : "start", lines: words.lines, flight, height: label.line }, y1 - height, y1);
    this.add({ kind: "arrow", key: `a${flight.id} ${id}`, x1: x, y1, x2: this.x[to], y2: y, flight, released: true }, y1, y);
    this.landed(flight, y);
  }

  landed({ to }, y) {
    this.half[to] = Math.max(this.half[to], y + 3);
    this.from[to] = y;
    this.side[to] = Math.max(this.side[to], y - pill.height / 2 - 2);
    this.end = Math.max(this.end, y + 3);
  }

  arrives({ flight, id }, y0) {
    if (flight.held && flight.from !== flight.to) return this.released({ flight, id }, y0);
    const from = this.air.get(flight.id) ?? { x: this.x[flight.from], y: y0 - fall, flight };
    const loop = flight.from === flight.to;
    const y = Math.max(y0 + 6, this.half[flight.to] + 4, from.y + (loop ? 14 : fall));
    const x2 = this.x[flight.to];
    const second = this.air.get(flight.id)?.done; // a copy of it
    this.add({
      kind: loop ? "loop" : "arrow", key: `a${flight.id} ${id}`, x1: from.x, y1: from.y, x2, y2: y, flight, copy: Boolean(second),
      bend: loop ? -this.out[flight.from] * 44 : 0,
    }, from.y, y);
    if (this.air.has(flight.id)) this.air.get(flight.id).done = true;
    this.landed(flight, y);
  }

  /** Draws what is still in the air, every open lane and the life lines down to the end. */
  finish(height) {
    const end = height - 8;
    for (const [id, { done, flight }] of this.air) if (!done && flight.fate === "arrived" && !flight.held) this.stub(id, 0.5); // it arrives after what is shown
    this.shapes.push(...this.lanes.finish(end, this.world.name));
    for (const host of ["server", "client"]) this.add({ kind: "life", key: `life${host}`, host, x: this.x[host], y1: 0, y2: end }, 0, end);
    return this.shapes.map((s) => ({ ...s, key: `${this.world.name} ${s.key}` }));
  }
}
