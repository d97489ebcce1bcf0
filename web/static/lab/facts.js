// The story in words, a line for every moment: what a screen reader reads, and what is printed.

import { html, clock } from "../app/html.js";
import { tell } from "./narrate.js";

export function Facts({ scene, say }) {
  const moments = scene.moments.slice(0, scene.moment + 1);
  return html`
    <details class="facts more">
      <summary>${say("facts")}</summary>
      ${scene.visible.map((world) => {
        const i = scene.order.findIndex((w) => w.name === world.name);
        return html`
          <section key=${world.name}>
            <h3>${say.has(`world.${world.name}`) ? say(`world.${world.name}`) : world.name}</h3>
            <ol>${moments.filter((m) => m.beats[i] && m.beats[i].kind !== "tables").map((m) => html`
              <li key=${`${m.n} ${m.k}`}><span class="when">${clock(m.beats[i].at)}</span> ${tell(m.beats[i], scene.order[i], say)}</li>`)}</ol>
          </section>`;
      })}
    </details>`;
}
