// How the worlds differ beside the results of steps, and what is known of it.

import { html } from "../app/html.js";

/** The entry of the catalogue that a reason comes from, as a link; a word where there is none. */
export function Known({ why, say }) {
  if (why.rule === "unexplained") return html`<span class="rest">${say("differences.unexplained")}</span>`;
  return html`<a class="rest" href=${`#differences=${encodeURIComponent(why.rule)}`}>${say("differences.known", { rule: why.rule })}</a>`;
}

/** The differences in states, segments and times, folded. */
export function Findings({ findings, steps, say }) {
  if (!findings?.length) return null;
  const step = (line) => Math.max(1, steps.findLastIndex((s) => s.line <= line) + 1);
  return html`
    <details class="findings why">
      <summary>${say("differences.more", { n: findings.length })}</summary>
      <ul>${findings.map((f, i) => html`
        <li key=${i}>${say("differences.where", { n: step(f.line), host: say(f.host), socket: f.socket || "" })} ${f.why.text} <${Known} why=${f.why} say=${say} /></li>`)}
      </ul>
    </details>`;
}
