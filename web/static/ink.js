// Shapes drawn as SVG. Colours come from style.css, by the name of the state.

import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);

const kept = new Map();

/** What was drawn last under a name, as long as all that it was drawn `of` is the same: then it is not compared again. */
export function keep(name, of, draw) {
  const last = kept.get(name);
  if (last?.of.every((x, n) => x === of[n])) return last.drawn;
  const drawn = draw();
  kept.set(name, { of, drawn });
  return drawn;
}

/** A ladder diagram: `picture` from layout(), said in the language of `say`. */
export function Ladder({ picture, width, height, say, id }) {
  const order = ["odd", "life", "lane", "rule", "phase", "pass", "arrow", "loop", "clock", "skipped", "note", "state"];
  const shapes = [...picture.shapes].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const title = say("ladder", { world: say(`world.${picture.world.name}`) });
  return html`
    <svg class="ladder" width=${width} height=${height} viewBox="0 0 ${width} ${height}" role="img" aria-labelledby=${id}>
      <title id=${id}>${title}</title>
      <g aria-hidden="true">
        ${["server", "client"].map((host) => html`<${Head} key=${host} host=${host} x=${picture.x[host]} width=${width} say=${say} />`)}
        ${shapes.map((shape) => h(draw[shape.kind], { key: shape.key, ...shape, shape, say }))}
      </g>
    </svg>`;
}

function Head({ host, x, width, say }) {
  const name = say(host);
  const w = Math.max(64, name.length * 9 + 24);
  const left = Math.max(0, Math.min(x - w / 2, width - w));
  return html`<g class="host"><rect x=${left} y="4" width=${w} height="28" rx="6" /><text x=${left + w / 2} y="23">${name}</text></g>`;
}

const draw = {
  life: ({ x, y1, y2 }) => html`<line class="life" x1=${x} y1=${y1} x2=${x} y2=${y2} />`,

  lane: ({ x, y1, y2, state }) => html`<line class=${`lane ${state}`} x1=${x} y1=${y1} x2=${x} y2=${Math.max(y1, y2)} />`,

  odd: ({ y, w, h: height, odd, say }) => html`
    <g class="odd">
      <rect x="0" y=${y} width=${w} height=${height} />
      <text x=${w - 4} y=${y + height - 6}>${odd === "differ" ? "≠" : "!"} ${say(`verdict.${odd}`)}</text>
    </g>`,

  rule: ({ x1, x2, y }) => html`<line class="rule" x1=${x1} y1=${y} x2=${x2} y2=${y} />`,

  clock: ({ x, y, at }) => html`<text class="clock halo" x=${x} y=${y}>${clock(at)}</text>`,

  phase: ({ x, y, w, h: height, lines }) => html`
    <g class="phase">
      <rect x="0" y=${y - 16} width=${w} height=${height} />
      <text x=${x} y=${y}>${lines.map((l, n) => html`<tspan key=${n} x=${x} dy=${n && 17}>${l}</tspan>`)}</text>
    </g>`,

  skipped: ({ x, y, text, say }) => html`<text class="skipped halo" x=${x} y=${y}>○ ${say("verdict.not run")}: ${text}</text>`,

  pass: ({ x1, x2, y, time, say }) => html`
    <g class="pass">
      ${[x1, x2].map((x) => html`<path key=${x} class="gap" d="M${x} ${y - 14}V${y + 14}" /><path d=${`M${x} ${y - 14}l6 5l-12 9l12 9l-6 5`} />`)}
      <text class="halo" x=${(x1 + x2) / 2} y=${y + 4}>${say("ladder.passes", { time: say.time(time) })}</text>
    </g>`,

  note: ({ x, y, anchor, lines, height }) => html`
    <text class="note halo" x=${x} y=${y} text-anchor=${anchor}>
      ${lines.map((l, n) =>
        typeof l === "string"
          ? html`<tspan key=${n} x=${x} dy=${n && height}>${l}</tspan>`
          : html`<tspan key=${n} x=${x} dy=${n && height} class=${resultClass(l)}>${resultMark(l)} ${l.result}</tspan>`,
      )}
    </text>`,

  state: ({ x, y, w, h: height, socket, state }) => html`
    <g class=${`pill ${state}`}>
      <rect x=${x} y=${y} width=${w} height=${height} rx="10" />
      <text x=${x + w / 2} y=${y + 14}>${socket && html`<tspan class="sock">${socket} </tspan>`}${state}</text>
    </g>`,

  arrow: (props) => html`<${Arrow} ...${props} />`,

  loop: ({ x1, y1, x2, y2, bend, flight, say }) => html`
    <g class=${`arrow ${flight.fate === "lost" ? "lost" : ""}`}>
      <path d=${`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 + bend} ${y2} ${x2 + Math.sign(bend) * 7} ${y2}`} />
      <path class="tip" d=${tip(x1 + bend, y2, x2, y2)} />
      <text class="halo side" x=${x1 + Math.sign(bend) * 46} y=${(y1 + y2) / 2 + 4} text-anchor=${bend > 0 ? "start" : "end"}>
        <tspan class="flags">${flight.flags.join(",")}${flight.count ? ` ×${flight.count}` : ""}</tspan>${fate(flight, say)}
      </text>
    </g>`,
};

function Arrow({ x1, y1, x2, y2, lx, ly, numbers, two, flight, say }) {
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const upright = Math.abs(angle) > 90 ? angle + 180 : angle;
  const lost = flight.fate === "lost";
  const kind = [lost && "lost", flight.fate === "held" && "held", flight.forged && "forged"].filter(Boolean).join(" ");
  return html`
    <g class=${`arrow ${kind}`}>
      <line x1=${x1} y1=${y1} x2=${x2} y2=${y2} />
      ${lost
        ? html`<path class="cross" d=${`M${x2 - 6} ${y2 - 6}l12 12m0 -12l-12 12`} />`
        : flight.fate === "held"
          ? html`<path class="cross" d=${`M${x2 - 4} ${y2 - 7}v14m7 -14v14`} />`
          : html`<path class="tip" d=${tip(x1, y1, x2, y2)} />`}
      <g transform=${`translate(${lx} ${ly}) rotate(${upright})`}>
        <text class="halo" y="-6"><tspan class="flags">${flight.flags.join(",")}${flight.count ? ` ×${flight.count}` : ""}</tspan>${two ? "" : ` ${numbers}`}${fate(flight, say)}</text>
        ${two && html`<text class="halo" y="14">${numbers}</text>`}
      </g>
    </g>`;
}

function fate(flight, say) {
  const words = [];
  if (flight.forged) words.push(say("ladder.forged"));
  if (flight.fate === "lost") words.push(say("ladder.lost"));
  if (flight.fate === "held") words.push(say("ladder.held"));
  return words.length ? html` <tspan class="fate">(${words.join(", ")})</tspan>` : "";
}

/** An arrow head at (x2, y2). */
function tip(x1, y1, x2, y2) {
  const a = Math.atan2(y2 - y1, x2 - x1);
  const at = (turn, size) => `${(x2 - size * Math.cos(a + turn)).toFixed(1)} ${(y2 - size * Math.sin(a + turn)).toFixed(1)}`;
  return `M${x2} ${y2}L${at(0.38, 10)}L${at(-0.38, 10)}Z`;
}

const isError = (result) => /^E[A-Z0-9]+$/.test(result) && !["EOF", "ESTABLISHED"].includes(result);

export const resultClass = ({ result, mark }) => `result ${mark === "bad" ? "bad" : isError(result) ? "errno" : "fine"}`;
export const resultMark = ({ result, mark }) => (mark === "bad" ? "!" : isError(result) ? "✕" : "→");

/** A time of a world: "1.002 s", "2 min 3.4 s". */
export function clock(at) {
  if (at < 60) return `${at.toFixed(3)} s`;
  return `${Math.floor(at / 60)}:${(at % 60).toFixed(1).padStart(4, "0")}`;
}
