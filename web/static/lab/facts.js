// The story in words, a line for every moment: what a screen reader reads, and what is printed.

import { html, clock, keep } from "../app/html.js";
import { tell } from "./narrate.js";

const block = 50; // moments that are drawn together, and again only when one of them changes

/** Nothing of it is drawn before it is opened: a long story has thousands of lines. */
export function Facts({ state, scene, say, act }) {
  const moments = scene.moments.slice(0, scene.moment + 1);
  const blocks = state.facts ? Math.ceil(moments.length / block) : 0;
  return html`
    <details class="facts more" open=${state.facts} onToggle=${(e) => act.lab.facts(e.currentTarget.open)}>
      <summary>${say("facts")}</summary>
      ${state.facts && scene.visible.map((world) => {
        const i = scene.order.findIndex((w) => w.name === world.name);
        return html`
          <section key=${world.name}>
            <h3>${say.has(`world.${world.name}`) ? say(`world.${world.name}`) : world.name}</h3>
            <ol>${Array.from({ length: blocks }, (_, n) => {
              const part = moments.slice(n * block, (n + 1) * block);
              return keep(`facts ${world.name} ${n}`, [scene.moments, part.length, say], () => html`<${Lines} key=${n} moments=${part} i=${i} world=${scene.order[i]} say=${say} />`);
            })}</ol>
          </section>`;
      })}
    </details>`;
}

function Lines({ moments, i, world, say }) {
  return moments.filter((m) => m.beats[i] && m.beats[i].kind !== "tables").map((m) => html`
    <li key=${`${m.n} ${m.k}`}><span class="when">${clock(m.beats[i].at)}</span> ${tell(m.beats[i], world, say)}</li>`);
}
