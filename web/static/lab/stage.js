// The stage: the state of each end, the ladder, the socket tables, a sentence, and the controls of the
// film. It fills the window and stands still; only what it shows moves.

import { html, clock } from "../app/html.js";
import { Chip, Ring } from "../app/parts.js";
import { endOf, timeWaits } from "./story.js";
import { narrate } from "./narrate.js";
import { Ladder } from "./ladder.js";
import { Sockets } from "./sockets.js";
import { late } from "./late.js";
import { Film } from "./film.js";
import { Zones } from "./interfere.js";
import { Ask } from "./guess.js";

const hosts = ["server", "client"];

export function Stage({ state, scene, say, act }) {
  const asking = state.guess.at !== null;
  return html`
    <section id="film" class=${`stage worlds-${scene.visible.length}`} aria-labelledby="film-title">
      <h2 id="film-title" class="hidden">${say("worlds")}</h2>
      <${Bar} state=${state} scene=${scene} say=${say} act=${act} />
      <div class="cards">
        ${scene.visible.length === 1 && html`<span class="times" key="times" aria-hidden="true">${say("clock.unit")}</span>`}
        ${scene.visible.map((world, i) => html`
          ${i > 0 && html`<span class="times" key="times" aria-hidden="true">${say("clock.unit")}</span>`}
          <${World} key=${world.name} world=${world} say=${say} />`)}
      </div>
      ${state.figure && html`<${late.Figure} key="figure" state=${state} scene=${scene} say=${say} act=${act} />`}
      ${!state.figure && html`<div class="ladder-box" key="ladder" tabindex="0" role="region" aria-label=${say("ladder.region")}>
        ${scene.picture ? html`<${Ladder} scene=${scene} look=${state.look} picked=${state.segment?.id} say=${say} act=${act} />` : html`<p class="quiet">${say("ladder.empty")}</p>`}
      </div>`}
      <div class="tables">
        ${scene.visible.length === 1 && html`<span key="gap" class="times"></span>`}
        ${scene.visible.map((world, i) => html`
          ${i > 0 && html`<span class="times" key="gap"></span>`}
          <div key=${world.name} class="pair">${hosts.map((host) => html`<${Sockets} key=${host} host=${host} world=${world} say=${say} />`)}</div>`)}
      </div>
      ${asking
        ? html`<${Ask} key="ask" state=${state} scene=${scene} say=${say} act=${act} />`
        : html`<p class="narration" key="narration" tabindex="0" role="group" aria-label=${say("narration")}><span class="step-no">${say("film.step", { n: scene.upto + 1, total: state.lab.steps.length })}</span> ${narrate(scene, state.lab, say)}</p>`}
      ${state.drag && html`<${Zones} key="zones" state=${state} say=${say} />`}
      <${Film} state=${state} scene=${scene} say=${say} act=${act} />
    </section>`;
}

/** Which worlds there are, which are shown, and what they are doing. */
function Bar({ state, scene, say, act }) {
  const hidden = scene.worlds.filter((w) => !scene.shown.includes(w.name));
  return html`
    <div class="bar">
      <div class="worldtabs">
        ${hidden.length > 0 && scene.worlds.map((w) => html`
          <button type="button" key=${w.name} class="small" aria-pressed=${scene.shown.includes(w.name) ? "true" : "false"} onClick=${() => act.lab.world(w.name)}>${say.has(`world.${w.name}`) ? say(`world.${w.name}`) : w.name}</button>`)}
      </div>
      <div class="worldtabs" role="group" aria-label=${say("picture")}>
        <button type="button" class="small" aria-pressed=${state.figure ? "false" : "true"} onClick=${() => act.lab.figure(false)}>${say("picture.ladder")}</button>
        <button type="button" class="small" aria-pressed=${state.figure ? "true" : "false"} onClick=${() => act.lab.figure(true)}>${say("picture.figure")}</button>
      </div>
      <${Progress} state=${state} scene=${scene} say=${say} act=${act} />
    </div>`;
}

/** One world: its name and clock over the cards of its two ends, which stand over their life lines. */
function World({ world, say }) {
  const name = say.has(`world.${world.name}`) ? say(`world.${world.name}`) : world.name;
  return html`
    <section class="world" aria-label=${name}>
      <h3>${name} <span class="time">${clock(world.now)}${world.status !== "done" && ` · ${say(`status.${world.status}`)}`}</span></h3>
      ${world.why && html`<p class="notice">${world.why}</p>`}
      <div class="ends">${hosts.map((host) => html`<${End} key=${host} host=${host} world=${world} say=${say} />`)}</div>
    </section>`;
}

/** One end of the connection: its state in large letters, and what is left of its TIME-WAIT. */
function End({ host, world, say }) {
  const { main, others } = endOf(world.moment, host);
  const waits = timeWaits(world.moment, host, world.now);
  const wait = main?.state === "TIME-WAIT" ? waits.find((w) => w.row.name === main.socket) || waits[0] : undefined;
  const gloss = main ? say(`state.${main.state}`) : say("end.none");
  return html`
    <div class=${`end ${main?.state || "none"}`}>
      <div class="what">
        <p class="which">${say(host)}${main?.socket && html` <code>${main.socket}</code>`}</p>
        <p class="big">${main ? main.state : "–"}</p>
        <p class="gloss" title=${gloss}>${gloss}</p>
      </div>
      ${others.length > 0 && html`<p class="others">${others.slice(0, 2).map((e) => html`<${Chip} key=${e.key} state=${e.state} socket=${e.socket} /> `)}${others.length > 2 && html`<span class="quiet">+${others.length - 2}</span>`}</p>`}
      ${wait && wait.left > 0 && html`<${Ring} left=${wait.left} of=${60} label=${say("left.of", { n: Math.round(wait.left) })} />`}
    </div>`;
}

/** One line a world that runs: how far it is, and how long the wait it is in still takes. */
function Progress({ state, scene, say, act }) {
  if (!scene.running || state.lab.live) return null;
  const busy = scene.worlds.filter((w) => w.status === "running");
  return html`
    <div class="progress">
      <ul>
        ${busy.map((w) => html`
          <li key=${w.name}>
            <span>${sentence(w, say)}</span>
            <progress max=${w.total || 1} value=${w.done} aria-label=${say(`world.${w.name}`)}></progress>
          </li>`)}
      </ul>
      <button type="button" class="small" onClick=${() => act.lab.stop()}>${say("run.stop")}</button>
    </div>`;
}

function sentence(w, say) {
  const world = say(`world.${w.name}`);
  if (w.place) return `${world}: ${say("status.waiting", { n: w.place })}`;
  if (w.waits > 0.2) return say("wait", { world, total: say.time(Math.max(w.delay, w.waits)), left: say.time(Math.max(1, Math.ceil(w.waits))) });
  return say("working", { world, n: Math.min(w.done + 1, w.total), total: w.total });
}
