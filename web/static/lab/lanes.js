// The lanes beside the life lines: a strip for each socket, in the colour of its state.

const wide = 6;

export class Lanes {
  constructor(x, out) {
    this.x = x;
    this.out = out;
    this.open = { server: new Map(), client: new Map() };
  }

  /** How much room the lanes of a host take. */
  depth(host) {
    let most = -1;
    for (const lane of this.open[host]?.values() ?? []) most = Math.max(most, lane.slot);
    return (most + 1) * wide;
  }

  /** The room that the lanes take when this socket has one too. */
  enter(key, host) {
    const lanes = this.open[host];
    const slot = lanes.get(key)?.slot ?? freeSlot(lanes);
    return Math.max(this.depth(host), (slot + 1) * wide);
  }

  /** A socket comes to a state at a height: the strip of the state before ends. */
  change(key, host, state, y, world) {
    const lanes = this.open[host];
    const known = lanes.get(key);
    const strips = known ? [this.strip(host, known, y, world)] : [];
    if (state === "CLOSED") lanes.delete(key);
    else if (known) Object.assign(known, { y, state });
    else lanes.set(key, { key, slot: freeSlot(lanes), y, state });
    return strips;
  }

  strip(host, lane, y, world) {
    const x = this.x[host] + this.out[host] * (4 + wide * lane.slot);
    return { kind: "lane", key: `l${lane.key} ${lane.y}`, world, x, y1: lane.y, y2: y, state: lane.state, top: lane.y, bottom: y };
  }

  finish(y, world) {
    return ["server", "client"].flatMap((host) => [...this.open[host].values()].map((lane) => this.strip(host, lane, y, world)));
  }
}

function freeSlot(lanes) {
  const taken = new Set([...lanes.values()].map((lane) => lane.slot));
  let n = 0;
  while (taken.has(n)) n++;
  return Math.min(n, 4);
}
