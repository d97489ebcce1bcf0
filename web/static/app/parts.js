// Small parts that several views share.

import { html } from "./html.js";
import { site } from "./transport.js";

/** A state as a chip: its RFC name, in its colour, and what is left of it. */
export function Chip({ state, socket, left }) {
  return html`<span class=${`chip ${state}`}>${socket && html`<b class="sock">${socket}</b> `}${state}${left && html` <span class="sock">${left}</span>`}</span>`;
}

/** Gives a command for the shell, and copies it. A static site has no server that it could ask. */
export function Curl({ command, what, say, act }) {
  if (site) return null;
  const copied = act.copied() === command;
  return html`
    <div class="curl">
      <code tabindex="0" role="group" aria-label=${say(what)}>${command}</code>
      <button type="button" class="small" aria-label=${say("curl.of", { what: say(what) })} onClick=${() => act.copy(command)}>
        ${say(copied ? "curl.copied" : "curl.copy")}
      </button>
    </div>`;
}

const glyphs = { agree: "✓", differ: "≠", "not run": "○", unexpected: "!", pending: "…" };

/** A verdict: glyph and word, never colour alone. */
export function Verdict({ verdict, say }) {
  const v = verdict || "pending";
  return html`<span class=${`verdict v-${v.replace(" ", "-")}`}><span aria-hidden="true">${glyphs[v]}</span> ${say(`verdict.${v}`)}</span>`;
}

/** The time left of something as a ring with its number. */
export function Ring({ left, of, label, whole }) {
  const r = 20;
  const round = 2 * Math.PI * r;
  const share = Math.max(0, Math.min(1, left / of));
  const n = whole || left >= 100 ? Math.round(left) : left.toFixed(1);
  return html`
    <svg class="ring" viewBox="0 0 52 52" width="62" height="62" role="img" aria-label=${label}>
      <circle class="track" cx="26" cy="26" r=${r} />
      <circle class="rest" cx="26" cy="26" r=${r} transform="rotate(-90 26 26)" stroke-dasharray=${`${(round * share).toFixed(1)} ${round.toFixed(1)}`} />
      <text x="26" y="30">${n}</text>
    </svg>`;
}

/** What a reason says beside its text: the socket in the way, what would help, when it passes, and its source. */
export function beyond(why, say) {
  const timed = /^\d/.test(why.passes || "");
  return [
    why.conflict && say("steps.conflict", { socket: why.conflict }),
    why.remedy && say("steps.remedy", { remedy: why.remedy }),
    why.passes && say(timed ? "steps.passes" : "steps.passes.when", { time: why.passes }),
    why.source && say("steps.source", { source: why.source }),
  ].filter(Boolean);
}
