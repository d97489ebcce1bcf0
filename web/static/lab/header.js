// The headers of a packet, field by field: Ethernet, IPv4 or IPv6, TCP and its options.

const ethernet = 1;

/** Reads bytes in order and keeps what each of them stands for. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.fields = [];
  }

  /** A field of `size` bytes; `word` says its value. It is left out if the capture ends before it. */
  field(layer, name, size, word) {
    if (this.at + size > this.bytes.length) return undefined;
    const value = size === 1 ? this.view.getUint8(this.at) : size === 2 ? this.view.getUint16(this.at) : size === 4 ? this.view.getUint32(this.at) : 0;
    this.fields.push({ layer, name, at: this.at, size, value, text: word ? word(value, this.bytes.subarray(this.at, this.at + size)) : String(value) });
    this.at += size;
    return value;
  }
}

const hex = (n, digits) => `0x${n.toString(16).padStart(digits, "0")}`;
const mac = (_, b) => [...b].map((x) => x.toString(16).padStart(2, "0")).join(":");
const ipv4 = (_, b) => [...b].join(".");

function ipv6(_, b) {
  const groups = [];
  for (let i = 0; i < 16; i += 2) groups.push(((b[i] << 8) | b[i + 1]).toString(16));
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}

/** The fields of a packet: [{layer, name, at, size, value, text}], and the TCP facts {seq, ack, window, scale, …}. */
export function decode({ link, bytes }) {
  const r = new Reader(bytes);
  let kind = bytes[0] >> 4 === 6 ? 0x86dd : 0x0800;
  if (link === ethernet) {
    r.field("eth", "dst", 6, mac);
    r.field("eth", "src", 6, mac);
    kind = r.field("eth", "type", 2, (v) => (v === 0x0800 ? "IPv4" : v === 0x86dd ? "IPv6" : hex(v, 4)));
  }
  if (kind === 0x86dd) internet6(r);
  else if (kind === 0x0800) internet4(r);
  const tcp = transport(r);
  if (r.at < bytes.length) r.field("data", "data", bytes.length - r.at, (_, b) => `${b.length}`);
  return { fields: r.fields, tcp };
}

function internet4(r) {
  const first = r.field("ip", "version", 1, (v) => `IPv${v >> 4}, ${(v & 15) * 4}`);
  r.field("ip", "tos", 1, (v) => hex(v, 2));
  r.field("ip", "length", 2);
  r.field("ip", "id", 2, (v) => hex(v, 4));
  r.field("ip", "fragment", 2, (v) => (v & 0x4000 ? "DF" : hex(v, 4)));
  r.field("ip", "ttl", 1);
  r.field("ip", "protocol", 1, (v) => (v === 6 ? "TCP" : String(v)));
  r.field("ip", "checksum", 2, (v) => hex(v, 4));
  r.field("ip", "src", 4, ipv4);
  r.field("ip", "dst", 4, ipv4);
  const options = ((first ?? 0x45) & 15) * 4 - 20;
  if (options > 0) r.field("ip", "options", options, (_, b) => `${b.length}`);
}

function internet6(r) {
  r.field("ip", "version", 4, () => "IPv6");
  r.field("ip", "length", 2);
  r.field("ip", "protocol", 1, (v) => (v === 6 ? "TCP" : String(v)));
  r.field("ip", "ttl", 1);
  r.field("ip", "src", 16, ipv6);
  r.field("ip", "dst", 16, ipv6);
}

const flagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
const flagsIn = (v) => flagNames.filter((_, bit) => v & (1 << bit));

function transport(r) {
  const start = r.at;
  const tcp = { sport: r.field("tcp", "sport", 2), dport: r.field("tcp", "dport", 2) };
  tcp.seq = r.field("tcp", "seq", 4);
  tcp.ack = r.field("tcp", "ack", 4);
  const offset = r.field("tcp", "offset", 1, (v) => `${(v >> 4) * 4}`);
  tcp.flags = flagsIn(r.field("tcp", "flags", 1, (v) => flagsIn(v).join(",")) ?? 0);
  tcp.window = r.field("tcp", "window", 2);
  r.field("tcp", "checksum", 2, (v) => hex(v, 4));
  r.field("tcp", "urgent", 2);
  options(r, start + ((offset ?? 0x50) >> 4) * 4, tcp);
  return tcp;
}

/** The options of RFC 9293 §3.1 and RFC 7323, up to where the data begins. */
function options(r, end, tcp) {
  while (r.at < end && r.at < r.bytes.length) {
    const kind = r.bytes[r.at];
    const size = kind < 2 ? 1 : Math.max(2, r.bytes[r.at + 1] || 2);
    if (r.at + size > Math.min(end, r.bytes.length)) return;
    const at = r.at;
    r.field("opt", kind === 0 ? "eol" : kind === 1 ? "nop" : kind === 2 ? "mss" : kind === 3 ? "scale" : kind === 4 ? "sack" : kind === 8 ? "ts" : "other", size, () => optionText(r, kind, at, tcp));
  }
}

function optionText(r, kind, at, tcp) {
  if (kind === 2) return String(r.view.getUint16(at + 2));
  if (kind === 3) return `×${2 ** (tcp.scale = r.bytes[at + 2])}`;
  if (kind === 8) return `${r.view.getUint32(at + 2)}, ${r.view.getUint32(at + 6)}`;
  return "";
}

/** A key that a packet and the flight that it was share: ends, flags and length. */
export const keyOf = (from, to, flags) => `${from} ${to} ${[...flags].sort().join(",")}`;

/** Packets by the id of their flight: those alike pair up in the order in which they left. */
export function pair(packets, flights) {
  const waiting = new Map();
  for (const packet of packets) {
    const decoded = decode(packet);
    const by = (name) => decoded.fields.find((f) => f.layer === "ip" && f.name === name)?.text;
    const address = (name, port) => (by(name)?.includes(":") ? `[${by(name)}]:${port}` : `${by(name)}:${port}`);
    const key = keyOf(address("src", decoded.tcp.sport), address("dst", decoded.tcp.dport), decoded.tcp.flags);
    if (!waiting.has(key)) waiting.set(key, []);
    waiting.get(key).push({ ...packet, ...decoded });
  }
  const found = new Map();
  for (const flight of [...flights].sort((a, b) => a.id - b.id)) {
    const one = waiting.get(keyOf(flight.src, flight.dst, flight.flags))?.shift();
    if (one) found.set(flight.id, one);
  }
  return found;
}
