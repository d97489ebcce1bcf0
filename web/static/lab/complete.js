// What may be typed next in a script: plain text in, words out.

const verbs = ["socket", "set", "bind", "listen", "accept", "connect", "send", "recv", "shutdown", "close", "abort", "exit", "state", "timer", "sockets", "sysctl", "await", "error"];
const wire = ["latency", "drop", "dup", "delay", "hold", "deliver", "release", "forget", "block", "forge"];
const kinds = ["SYN", "SYN+ACK", "ACK", "FIN", "RST", "DATA", "any"];
const options = ["reuseaddr", "reuseport", "v6only", "dual", "linger=OFF", "nodelay", "nobindport", "keepalive", "rcvbuf=4096", "sndbuf=4096"];
const results = {
  state: ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT", "CLOSED", "SYN-SENT", "SYN-RECEIVED", "LISTEN"],
  recv: ["EOF", "ECONNRESET", "EAGAIN"],
  bind: ["ok", "EADDRINUSE", "EADDRNOTAVAIL", "EINVAL"],
  connect: ["ok", "ECONNREFUSED", "EADDRINUSE", "EADDRNOTAVAIL", "ETIMEDOUT", "EINPROGRESS"],
  forge: ["silence", "ACK", "RST", "RST+ACK", "SYN+ACK"],
  timer: ["none", "timewait", "retransmit", "probe", "keepalive"],
};
const most = 8;

/** {start, words}: what fits at the cursor, and where the word begins that it would take the place of. */
export function complete(text, cursor) {
  const from = text.lastIndexOf("\n", cursor - 1) + 1;
  const line = text.slice(from, cursor);
  if (/(^|\s)#/.test(line)) return { start: cursor, words: [] };
  const word = /\S*$/.exec(line)[0];
  const before = line.slice(0, line.length - word.length).trim().split(/\s+/).filter(Boolean);
  const lower = word.toLowerCase();
  const words = candidates(before, text.slice(0, from)).filter((w) => w.toLowerCase().startsWith(lower) && w !== word);
  return { start: cursor - word.length, words: [...new Set(words)].slice(0, most) };
}

function candidates(before, earlier) {
  const rest = before[0]?.startsWith("[") ? before.slice(1) : before;
  const [when, actor, verb] = rest;
  if (when === undefined) return ["+0", "+100ms", "+1s", "+10s", "&", "[kernel]", "[model]", "host"];
  const hosts = ["server", "client", ...[...earlier.matchAll(/^\s*host\s+(\S+)/gm)].map((m) => m[1])];
  if (actor === undefined) return [...hosts, "wire"];
  if (verb === undefined) return actor === "wire" ? wire : verbs;
  if (rest.at(-1) === "=") return results[verb] ?? ["ok"];
  const own = sockets(earlier, actor);
  if (actor === "wire") return rest.length === 3 ? hosts : verb === "forge" ? [...sockets(earlier, rest[3]), "RST", "ACK", "FIN+ACK", "SYN", "seq=nxt", "ack=nxt", "="] : [...kinds, "nth", "after", "icmp=port"];
  return hostWords(verb, rest.slice(3), own, hosts);
}

function hostWords(verb, args, own, hosts) {
  if (args.length === 0) return verb === "exit" ? ["="] : verb === "sockets" ? [":7865", "="] : verb === "sysctl" ? ["tcp_fin_timeout", "tcp_tw_reuse", "tcp_rfc1337", "tcp_timestamps", "ip_local_port_range"] : own;
  const addresses = [":7865", ...hosts.map((h) => `${h}:7865`), "127.0.0.1:7865", "[::]:7865"];
  switch (verb) {
    case "bind": return args.length === 1 ? addresses : [...options, "="];
    case "connect": return args.length === 1 ? addresses : ["from", ...options, "within", "="];
    case "socket": case "set": return [...options, "="];
    case "accept": return args.length === 1 ? ["as"] : ["within", "="];
    case "shutdown": return args.length === 1 ? ["wr", "rd", "both"] : ["="];
    case "recv": return ["nowait", "within", "="];
    default: return ["within", "="];
  }
}

/** The sockets that earlier lines have named for a host. */
function sockets(earlier, host) {
  const names = [];
  for (const line of earlier.split("\n")) {
    const m = new RegExp(`(?:^|\\s)${host.replace(/[^\w-]/g, "")}\\s+(?:socket|bind|connect)\\s+(\\S+)`).exec(line);
    if (m) names.push(m[1]);
    const as = new RegExp(`(?:^|\\s)${host.replace(/[^\w-]/g, "")}\\s+accept\\s+\\S+\\s+as\\s+(\\S+)`).exec(line);
    if (as) names.push(as[1]);
  }
  return [...new Set(names)];
}

/** A text in pieces, those with a mistake in them marked: [{text, wrong}]. */
export function marked(text, errors) {
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  const ranges = errors.filter((e) => e.line && e.line <= starts.length).map((e) => {
    const from = starts[e.line - 1] + [...text.slice(starts[e.line - 1])].slice(0, (e.column || 1) - 1).join("").length;
    return [from, from + Math.max(1, /^\S*/.exec(text.slice(from))[0].length)];
  }).sort((a, b) => a[0] - b[0]);
  const pieces = [];
  let at = 0;
  for (const [from, to] of ranges) {
    if (from < at) continue;
    pieces.push({ text: text.slice(at, from), wrong: false }, { text: text.slice(from, to), wrong: true });
    at = to;
  }
  return [...pieces, { text: text.slice(at), wrong: false }];
}
