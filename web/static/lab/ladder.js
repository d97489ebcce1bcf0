// The ladder drawn: shapes of layout.js as SVG. Colours come from the style sheet, by the name of the state.

import { html, h, keep, resultClass, resultMark } from "../app/html.js";
import { inSight } from "./sight.js";

const order = ["shade", "life", "lane", "rule", "pass", "arrow", "loop", "phase", "clock", "odd", "label", "skipped", "note", "state"];

/** The sheet of a scene, as far as it is in sight, and the cover over what has not happened yet. */
export function Ladder({ scene, look, picked, say, act }) {
  const { picture } = scene;
  return keep("ladder", [picture, look, picked, say], () => {
    const shapes = [...inSight(picture, look)].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    return html`
      <div class="sheet">
        <svg class="ladder" width=${picture.width} height=${picture.height} viewBox=${`0 0 ${picture.width} ${picture.height}`} role="group" aria-label=${say("ladder")}>
          ${shapes.map((shape) => h(draw[shape.kind], { key: shape.key, shape, say, act, picked }))}
        </svg>
        <div class="cover"></div>
      </div>`;
  });
}

const draw = {
  life: ({ shape: s }) => html`<line class="life" x1=${s.x} y1=${s.y1} x2=${s.x} y2=${s.y2} />`,

  lane: ({ shape: s }) => html`<line class=${`lane ${s.state}`} x1=${s.x} y1=${s.y1} x2=${s.x} y2=${Math.max(s.y1, s.y2)} />`,

  shade: ({ shape: s }) => html`<rect class="shade" x="0" y=${s.y} width=${s.w} height=${s.h} />`,

  odd: ({ shape: s, say, act }) => html`
    <g class="odd" role="button" tabindex="0" aria-label=${say(`verdict.${s.odd}.why`, { n: s.n + 1 })} onClick=${() => act.lab.reason(s.n)} onKeyDown=${(e) => e.key === "Enter" && act.lab.reason(s.n)}>
      <circle cx=${s.x} cy=${s.y} r="12" /><text x=${s.x} y=${s.y + 5}>${s.odd === "differ" ? "≠" : "!"}</text>
    </g>`,

  rule: ({ shape: s }) => html`<line class="rule" x1=${s.x1} y1=${s.y} x2=${s.x2} y2=${s.y} />`,

  clock: ({ shape: s }) => html`<text class="clock" x=${s.x} y=${s.y}>${s.text}</text>`,

  phase: ({ shape: s }) => html`<rect class="gap" x="0" y=${s.y - 16} width=${s.w} height=${s.lines.length * 18 + 4} /><text class="phase halo" x=${s.x} y=${s.y}>${s.lines.map((l, n) => html`<tspan key=${n} x=${s.x} dy=${n && 18}>${l}</tspan>`)}</text>`,

  skipped: ({ shape: s, say }) => html`<text class="skipped halo" x=${s.x} y=${s.y}>○ ${say("verdict.not run")}<title>${s.text}</title></text>`,

  pass: ({ shape: s, say }) => html`
    <g class="pass">
      ${[s.x1, s.x2].map((x) => html`<path key=${x} class="gap" d=${`M${x} ${s.y - 12}V${s.y + 12}`} /><path d=${`M${x} ${s.y - 12}l5 4l-10 8l10 8l-5 4`} />`)}
      <text x=${(s.x1 + s.x2) / 2} y=${s.y + 4}>${say("ladder.passes", { time: say.time(s.time) })}</text>
    </g>`,

  note: ({ shape: s }) => html`
    <text class="note halo" x=${s.x} y=${s.y} text-anchor=${s.anchor}>
      ${s.lines.map((l, n) =>
        typeof l === "string"
          ? html`<tspan key=${n} x=${s.x} dy=${n && s.height}>${l}</tspan>`
          : html`<tspan key=${n} x=${s.x} dy=${n && s.height} class=${resultClass(l)}>${resultMark(l)} ${cutTo(l.result, s.room)}</tspan>`,
      )}
    </text>`,

  state: ({ shape: s }) => html`
    <g class=${`pill ${s.state}`}>
      <rect x=${s.x} y=${s.y} width=${s.w} height=${s.h} rx="10" />
      <text x=${s.x + s.w / 2} y=${s.y + 14}>${s.socket && html`<tspan class="sock">${s.socket} </tspan>`}${s.state}</text>
    </g>`,

  label: ({ shape: s, say, act, picked }) => html`
    <g class=${`segment ${kindOf(s.flight)} ${picked === s.flight.id ? "picked" : ""}`} role="button" tabindex="0" aria-description=${say("inspect")}
      onPointerDown=${(e) => act.lab.grab({ world: s.world, id: s.flight.id }, e)}
      onClick=${() => act.lab.dragged() || act.lab.inspect({ world: s.world, id: s.flight.id })} onKeyDown=${(e) => e.key === "Enter" && act.lab.inspect({ world: s.world, id: s.flight.id })}>
      <text class="halo" x=${s.x} y=${s.y} text-anchor=${s.anchor}>
        ${s.lines.map((l, n) => html`<tspan key=${n} x=${s.x} dy=${n && s.height}>${l.flags && html`<tspan class="flags">${l.flags}</tspan>`}${l.flags && l.numbers ? " " : ""}${l.numbers}${l.fate?.length > 0 && html` <tspan class="fate">(${l.fate.map((f) => say(`ladder.${f}`)).join(", ")})</tspan>`}</tspan>`)}
      </text>
    </g>`,

  arrow: ({ shape: s }) => html`
    <g class=${`arrow ${kindOf(s.flight)} ${s.held ? "held" : ""}`} data-flags=${s.flight.flags.join(",")}>
      <line x1=${s.x1} y1=${s.y1} x2=${s.x2} y2=${s.y2} />
      ${s.flight.fate === "lost"
        ? html`<path class="cross" d=${`M${s.x2 - 6} ${s.y2 - 6}l12 12m0 -12l-12 12`} />`
        : s.held || s.flight.fate === "held"
          ? html`<path class="cross" d=${`M${s.x2 - 4} ${s.y2 - 7}v14m7 -14v14`} />`
          : html`<path class="tip" d=${tip(s.x1, s.y1, s.x2, s.y2)} />`}
    </g>`,

  loop: ({ shape: s }) => html`
    <g class=${`arrow ${kindOf(s.flight)}`}>
      <path d=${`M${s.x1} ${s.y1}C${s.x1 + s.bend} ${s.y1} ${s.x2 + s.bend} ${s.y2} ${s.x2 + Math.sign(s.bend) * 7} ${s.y2}`} />
      <path class="tip" d=${tip(s.x1 + s.bend, s.y2, s.x2, s.y2)} />
    </g>`,
};

const kindOf = (flight) => [flight.fate === "lost" && "lost", flight.fate === "held" && "held", flight.forged && "forged"].filter(Boolean).join(" ");

const cutTo = (text, room) => (text.length * 7.4 > room ? `${text.slice(0, Math.max(4, Math.floor(room / 7.4) - 3))}…` : text);

/** An arrow head at (x2, y2). */
function tip(x1, y1, x2, y2) {
  const a = Math.atan2(y2 - y1, x2 - x1);
  const at = (turn, size) => `${(x2 - size * Math.cos(a + turn)).toFixed(1)} ${(y2 - size * Math.sin(a + turn)).toFixed(1)}`;
  return `M${x2} ${y2}L${at(0.38, 10)}L${at(-0.38, 10)}Z`;
}
