// The pure modules of the page: from the events of a lab to the shapes of its ladder.

import test from "node:test";
import assert from "node:assert/strict";

const at = (path) => import(new URL(`../../static/${path}`, import.meta.url));
const { newStory, fold, snapshots, endOf } = await at("lab/story.js");
const { identify } = await at("lab/identity.js");
const { cut } = await at("lab/bands.js");
const { beatsOf, momentsOf } = await at("lab/beats.js");
const { layout, columns, gutter } = await at("lab/layout.js");
const { axisOf, nearest } = await at("lab/axis.js");
const { wrap, relative, numbersOf, labelOf, estimate } = await at("lab/labels.js");
const { remediesOf } = await at("lab/remedies.js");
const { sentences, tellingStep } = await at("lab/telling.js");
const { choicesOf, asks } = await at("lab/guess.js");
const { packetsOf } = await at("lab/pcapng.js");
const { decode, pair } = await at("lab/header.js");

const step = (line, actor, text, more) => ({ line, actor, text, delay: "0s", results: {}, ...more });

/** Two clients of one listener, the first one's child accepted last: what guessing by names gets wrong. */
function twoChildren() {
  const steps = [step(1, "client", "connect c server:7865"), step(2, "client", "connect d server:7865"), step(3, "server", "accept l as a"), step(4, "server", "close a")];
  const story = newStory({ worlds: ["model"], steps, status: "done" });
  let id = 0;
  const tell = (event) => fold(story, { id: ++id, world: "model", at: "1.000s", ...event });
  const state = (line, end, socket, from, to, of, flights) => tell({ kind: "state", line, entry: { host: "server", socket, end, from, to, event: of ? "rcv SYN" : "CLOSE", of, flights: flights || [] } });
  const segment = (line, n, from, to, fate) => tell({ kind: "segment", line, segment: { id: n, from, to, src: from, dst: to, seq: 0, ack: 0, len: 0, flags: ["SYN"], fate } });
  segment(1, 1, "client", "server", "under way");
  segment(1, 1, "client", "server", "arrived");
  segment(1, 2, "server", "client", "under way");
  state(1, 1, "", "LISTEN", "SYN-RECEIVED", 1, [2]);
  segment(2, 3, "client", "server", "under way");
  segment(2, 3, "client", "server", "arrived");
  state(2, 2, "", "LISTEN", "SYN-RECEIVED", 3, []);
  tell({ kind: "sockets", line: 3, host: "server", rows: [{ name: "a", end: 2, state: "ESTABLISHED" }, { name: "", end: 1, state: "ESTABLISHED" }] });
  state(4, 2, "a", "SYN-RECEIVED", "FIN-WAIT-1", undefined, []);
  return { story, steps };
}

test("an entry belongs to the connection that the trace says", () => {
  const { story } = twoChildren();
  const world = story.worlds.get("model");
  identify(world);
  const ones = world.items.filter((i) => i.kind === "state").map((i) => `${i.one.key} ${i.one.name}`);
  assert.deepEqual(ones, ["server 1 ", "server 2 a", "server 2 a"]);
});

test("a world's clock starts with its first step", () => {
  assert.equal(twoChildren().story.worlds.get("model").at, 0);
});

test("events that were seen already change nothing", () => {
  const { story } = twoChildren();
  const before = story.worlds.get("model").items.length;
  fold(story, { id: 1, world: "model", at: "9s", kind: "step", step: step(9, "server", "exit") });
  assert.equal(story.worlds.get("model").items.length, before);
});

function scene() {
  const { story, steps } = twoChildren();
  const world = story.worlds.get("model");
  identify(world);
  const all = [cut(world, steps).map((band) => beatsOf(band, world))];
  return { world, steps, moments: momentsOf(all, steps) };
}

test("an answer is in the beat of what it answers", () => {
  const { moments } = scene();
  const beat = moments.map((m) => m.beats[0]).find((b) => b.arrivals.some((a) => a.flight.id === 1));
  assert.deepEqual(beat.departures.map((d) => d.flight.id), [2]);
  assert.deepEqual(beat.states.map((s) => s.entry.to), ["SYN-RECEIVED"]);
});

test("a moment knows each end's last state", () => {
  const { moments } = scene();
  const snaps = snapshots(moments.map((m) => m.beats[0]));
  assert.equal(endOf(snaps.at(-1), "server").main.state, "FIN-WAIT-1");
  assert.equal(endOf(snaps[0], "server").main, undefined);
});

test("nothing that is written lies on anything else, in any width", () => {
  const { world, steps, moments } = scene();
  for (const width of [200, 320, 559, 560, 900, 1800]) {
    const { shapes, ends, height } = layout([world], moments, steps, { width });
    const strips = shapes.filter((s) => ["note", "label", "clock"].includes(s.kind));
    for (const kind of ["note", "label", "clock"]) {
      const column = strips.filter((s) => s.kind === kind && s.anchor !== "end").sort((a, b) => a.top - b.top);
      for (let i = 1; i < column.length; i++) assert.ok(column[i].top >= column[i - 1].bottom - 1 || column[i].x !== column[i - 1].x, `${width}: ${kind} ${i}`);
    }
    assert.ok(ends.every((y, i) => i === 0 || y > ends[i - 1]) && ends.at(-1) <= height, `${width}: ${ends}`);
    for (const s of shapes) if (s.kind === "arrow") assert.ok(s.y2 > s.y1, "an arrow falls");
  }
});

test("worlds share the width, the times stand between them", () => {
  assert.deepEqual(columns(1, 500), { times: { x: 0, w: gutter }, worlds: [{ x: gutter, w: 500 - gutter }] });
  const two = columns(2, 900);
  assert.equal(two.times.x, two.worlds[0].w);
  assert.equal(two.worlds[1].x + two.worlds[1].w, 900);
});

test("the axis is in proportion, and long waits are folded", () => {
  const { at: places, folds } = axisOf([0, 0.001, 0.002, 0.004, 10, 10.001]);
  assert.equal(places[0], 0);
  assert.equal(places.at(-1), 1);
  assert.equal(folds.length, 1);
  assert.ok(Math.abs(folds[0].time - 9.996) < 1e-9);
  assert.ok(places[3] - places[2] > 1.5 * (places[2] - places[1]), "two milliseconds are longer than one");
  assert.equal(nearest({ at: places }, 0.999), 5);
  assert.deepEqual(axisOf([3]), { at: [0], folds: [] });
});

test("words are cut where they may be, and numbers are said as scripts say them", () => {
  assert.deepEqual(wrap("connect c server:7865 reuseaddr", 15, (t) => t.length, 4), ["connect c", "server:7865", "reuseaddr"]);
  assert.equal(wrap("x".repeat(50), 10, (t) => t.length, 2).at(-1).endsWith("…"), true);
  assert.equal(relative(4294962298), -4998);
  assert.equal(numbersOf({ seq: 1, ack: 2, flags: ["FIN", "ACK"], len: 0 }), "seq 1 ack 2");
  assert.equal(labelOf({ seq: 1, ack: 2, flags: ["FIN", "ACK"], len: 0, fate: "lost" }, estimate, 100).lines.length, 2);
});

const restart = `# why?
+0     server  bind l :7865             = ok
+0     server  listen l 20              = ok
+0     client  connect c server:7865    = ok
+0     server  accept l as a            = ok
+0     server  exit                     = ok
+100ms client  close c                  = ok
+10s   server  bind l2 :7865            = EADDRINUSE
`;

test("each way to stop it changes what it says, and nothing else", () => {
  const ways = new Map(remediesOf(restart, step(8, "server", "bind l2 :7865")).map((w) => [w.id, w.script.split("\n")]));
  assert.deepEqual([...ways.keys()], ["peer-first", "reuse-old", "reuse-new", "reuse-both", "wait", "other-port", "other-address"]);
  assert.match(ways.get("peer-first")[5], /^\+0 +client +close c/);
  assert.match(ways.get("peer-first")[6], /^\+100ms +server +exit/);
  assert.match(ways.get("reuse-both")[1], /reuseaddr/);
  assert.match(ways.get("reuse-both")[7], /^\+10s +server +bind l2 :7865 reuseaddr$/);
  assert.match(ways.get("wait")[7], /^\+61s/);
  assert.match(ways.get("other-port")[7], /:7866$/);
  assert.match(ways.get("other-address")[7], /127\.0\.0\.1:7865$/);
  assert.deepEqual(remediesOf(restart, step(4, "client", "connect c server:7865")), []);
});

test("the line that tells it is the one that is refused", () => {
  const ok = { model: { result: "ok" } };
  assert.equal(tellingStep({ steps: [step(1, "server", "bind l :1", { results: ok }), step(2, "server", "bind m :1", { results: { model: { result: "EADDRINUSE", why: { conflict: "l" } } } }), step(3, "server", "exit", { results: ok })] }), 1);
  assert.deepEqual(sentences("One. Two 3.5 s. Three"), ["One.", "Two 3.5 s. Three"]);
  assert.deepEqual(sentences("一句。两句。"), ["一句。", "两句。"]);
});

test("a guess has the right answer among its choices, and scenery is not asked", () => {
  const steps = [step(1, "server", "bind l :1", { expect: "ok" }), step(2, "server", "state a", { expect: "TIME-WAIT" }), step(3, "server", "bind m :1", { expect: "EADDRINUSE" })];
  assert.deepEqual(steps.map((s, n) => asks(s, n, steps)), [false, true, true]);
  for (const [n, s] of steps.entries()) assert.ok(choicesOf(s, n, steps).includes(s.expect) && choicesOf(s, n, steps).length > 2);
});

test("a packet is read field by field, and finds its flight", () => {
  const tcp = "1eb99c40" + "00000001" + "00000002" + "8011" + "fe88" + "0000" + "0000" + "0101080a0000000a0000000b";
  const ip = "4500" + "0034" + "00004000" + "4006" + "0000" + "0a000001" + "0a000002";
  const bytes = Uint8Array.from((`${"02".repeat(6)}${"03".repeat(6)}0800${ip}${tcp}`).match(/../g), (h) => parseInt(h, 16));
  const { fields, tcp: facts } = decode({ link: 1, bytes });
  assert.deepEqual(facts.flags, ["FIN", "ACK"]);
  assert.equal(fields.reduce((sum, f) => sum + f.size, 0), bytes.length, "every byte is of some field");
  assert.equal(fields.find((f) => f.name === "ts").text, "10, 11");
  const found = pair([{ link: 1, bytes, length: 66 }], [{ id: 7, src: "10.0.0.1:7865", dst: "10.0.0.2:40000", flags: ["FIN", "ACK"] }]);
  assert.equal(found.get(7).length, 66);
  for (let n = 0; n < bytes.length; n++) decode({ link: 1, bytes: bytes.subarray(0, n) }); // a capture may end anywhere
});

test("what is no capture gives no packets", () => {
  assert.deepEqual(packetsOf(new ArrayBuffer(0)), []);
  assert.deepEqual(packetsOf(new Uint8Array(64).fill(255).buffer), []);
});
