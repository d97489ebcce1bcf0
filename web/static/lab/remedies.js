// "Stop it from happening": a script changed in the ways that people try, each by itself.

const bindLine = /^(\s*(?:\[[^\]]*\]\s*)?)(\S+\s+|&\s+)?(\w+)(\s+)bind\s+(\S+)\s+(\S+)(.*)$/;

/** A line without its expectation: what is changed before it may change its result. */
const open = (line) => line.replace(/\s+=\s+[^#]*/, (m) => (m.length > 0 ? "  " : m)).trimEnd();

/** What there is to change about a bind that is refused; null if the step is none, or there is nothing. */
export function parts(script, step) {
  const lines = script.split("\n");
  const at = step.line - 1;
  const fresh = bindLine.exec(lines[at] ?? "");
  if (!fresh || step.actor !== fresh[3]) return null;
  const port = /:(\d+)$/.exec(fresh[6])?.[1];
  if (!port) return null;
  const old = lines.findIndex((l, i) => {
    const m = bindLine.exec(l);
    return m && i < at && m[3] === step.actor && m[6].endsWith(`:${port}`);
  });
  if (old < 0) return null;
  const ends = (host, verb) => lines.findIndex((l, i) => i > old && i < at && new RegExp(`\\b${host}\\s+(${verb})\\b`).test(l));
  return { lines, at, old, port, host: step.actor, closes: ends(step.actor, "exit|close"), peer: ends(step.actor === "server" ? "client" : "server", "close") };
}

const withOption = (line) => (/\breuseaddr\b/.test(line) ? line : line.replace(/(bind\s+\S+\s+\S+)/, "$1 reuseaddr"));

/** The ways, in the order in which they are offered: {id, script, line}, line being that of the bind in question. */
export function remediesOf(script, step) {
  const p = parts(script, step);
  if (!p) return [];
  const build = (id, change) => {
    const lines = p.lines.map((l, i) => (i >= p.at ? open(l) : l));
    const line = change(lines) ?? p.at;
    return { id, script: lines.slice(0, p.at + 1).map((l, i) => (i > p.old && i < p.at ? open(l) : l)).join("\n") + "\n", line: line + 1 };
  };
  const edit = (i, f) => (lines) => void (lines[i] = f(lines[i]));
  const ways = [
    p.closes >= 0 && p.peer > p.closes && build("peer-first", (lines) => {
      const [mine, theirs] = [lines[p.closes], lines[p.peer]];
      const delays = [mine, theirs].map((l) => /^\s*(\+\S+|&)/.exec(l)?.[1] ?? "+0");
      lines[p.closes] = theirs.replace(/^\s*(\+\S+|&)/, delays[0]);
      lines[p.peer] = mine.replace(/^\s*(\+\S+|&)/, delays[1]);
    }),
    build("reuse-old", edit(p.old, withOption)),
    build("reuse-new", edit(p.at, withOption)),
    build("reuse-both", (lines) => void ((lines[p.old] = withOption(lines[p.old])), (lines[p.at] = withOption(lines[p.at])))),
    build("wait", edit(p.at, (l) => (/^\s*\+\S+/.test(l) ? l.replace(/^(\s*)\+\S+/, "$1+61s") : `+61s ${l}`))),
    build("other-port", edit(p.at, (l) => l.replace(`:${p.port}`, `:${Number(p.port) === 65535 ? 65534 : Number(p.port) + 1}`))),
    build("other-address", edit(p.at, (l) => l.replace(/(bind\s+\S+\s+)\S+/, (m, head) => `${head}127.0.0.1:${p.port}`))),
  ];
  return ways.filter((w) => w && w.script !== script);
}
