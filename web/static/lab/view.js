// The lab as it is drawn: the question with its answer and its script on one side, the stage on the other.

import { html } from "../app/html.js";
import { Curl } from "../app/parts.js";
import { site } from "../app/transport.js";
import { Answer } from "./answer.js";
import { Stage } from "./stage.js";
import { Script } from "./script.js";
import { Editor } from "./editor.js";
import { Library } from "./library.js";
import { Facts } from "./facts.js";
import { Hands } from "./hands.js";
import { missedLines } from "./guess.js";
import { Program } from "./program.js";
import { late } from "./late.js";

export function Lab({ state, say, act }) {
  const scene = act.lab.scene();
  return html`
    <div class="lab">
      <div class="panel" key="panel">
        <div class="answer"><${Answer} state=${state} scene=${scene} say=${say} act=${act} /></div>
        ${state.gone && html`
          <div class="notice" role="alert" key="gone"><p>${say("lab.gone.script")}</p>
            <button type="button" class="primary" onClick=${() => act.lab.revive()}>${say("lab.revive")}</button></div>`}
        ${scene && html`<div class="rest-of-it" key="rest">
          <div class="row ways" key="ways">
            <button type="button" class="small" aria-pressed=${state.hands ? "true" : "false"} onClick=${() => act.lab.hands(!state.hands)}>${say("hands")}</button>
            <button type="button" class="small" onClick=${() => act.lab.empty()}>${say("hands.empty")}</button>
          </div>
          <${GuessSwitch} state=${state} say=${say} act=${act} />
          ${state.hands && html`<${Hands} key="hands" state=${state} scene=${scene} say=${say} act=${act} />`}
          ${state.editing || html`<${Script} key="script" state=${state} scene=${scene} say=${say} act=${act} />`}
          ${state.editing || html`<p key="edit"><button type="button" onClick=${() => act.lab.editor(true)}>${say("editor.open")}</button></p>`}
          ${state.editing && html`<${Editor} key="editor" state=${state} say=${say} act=${act} />`}
          <${Facts} key="facts" state=${state} scene=${scene} say=${say} act=${act} />
          <${Program} key="program" state=${state} say=${say} act=${act} />
          <${More} key="more" state=${state} say=${say} act=${act} />
        </div>`}
        ${!scene && (state.editing || state.gone) && html`<${Editor} key="editor" state=${state} say=${say} act=${act} />`}
      </div>
      ${scene && html`<${Stage} key="stage" state=${state} scene=${scene} say=${say} act=${act} />`}
      ${scene && state.segment && html`<${late.Inspector} key="inspector" state=${state} scene=${scene} say=${say} act=${act} />`}
      ${state.library && html`<${Library} key="library" state=${state} say=${say} act=${act} />`}
    </div>`;
}

function GuessSwitch({ state, say, act }) {
  const missed = missedLines().filter((m) => m.experiment === state.experiment?.id).length;
  return html`${missed > 0 && html`<p key="missed"><button type="button" class="small" onClick=${() => act.lab.guess.review()}>${say("guess.review", { n: missed })}</button></p>`}<label class="check" key="switch"><input type="checkbox" checked=${state.guess.on} onChange=${(e) => act.lab.guess.turn(e.currentTarget.checked)} /> ${say("guess.switch")}</label>`;
}

/** The same for the shell, and for Wireshark. */
function More({ state, say, act }) {
  const { lab, experiment: e } = state;
  const capture = (w) => `/v1/labs/${lab.id}/trace?world=${w}&format=pcapng`;
  const body = JSON.stringify(e ? { experiment: e.id, worlds: lab.worlds } : { script: "…", worlds: lab.worlds });
  return html`
    <details class="more">
      <summary>${say("curl")}</summary>
      <${Curl} command=${`curl -s ${location.origin}/v1/labs -H 'Content-Type: application/json' -H 'Prefer: wait=60' -d '${body}'`} what="curl.run" say=${say} act=${act} />
      <${Curl} command=${`curl -s ${location.origin}/v1/labs/${lab.id}`} what="curl.lab" say=${say} act=${act} />
      <${Curl} command=${`curl -sN -H 'Accept: text/event-stream' ${location.origin}/v1/labs/${lab.id}/events`} what="curl.events" say=${say} act=${act} />
      <${Curl} command=${`curl -s '${location.origin}/v1/labs/${lab.id}/trace?world=${lab.worlds[0]}&format=text'`} what="curl.trace" say=${say} act=${act} />
      ${lab.worlds.map((w) => html`<p key=${w}><a href=${capture(w)} download onClick=${(event) => site && (event.preventDefault(), act.lab.save(capture(w), `${w.replaceAll(":", "-")}.pcapng`))}>${say("pcapng", { world: say.has(`world.${w}`) ? say(`world.${w}`) : w })}</a></p>`)}
    </details>`;
}
