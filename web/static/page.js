// The frame of the page, and its first view: shelf, question, film, steps, script.

import { html } from "./ink.js";
import { Shelf } from "./shelf.js";
import { Worlds, RunKernel } from "./worlds.js";
import { Steps } from "./steps.js";
import { Predict } from "./predict.js";
import { Editor } from "./editor.js";
import { Film, Progress } from "./film.js";
import { Curl } from "./parts.js";
import { Matrix } from "./matrixview.js";
import { Port } from "./portview.js";

export function Page({ state, scene, say, act, languages }) {
  const View = { lab: Lab, matrix: Matrix, port: Port, quiz: Quiz }[state.view];
  return html`
    <a class="skip" href="#main" onClick=${(event) => (event.preventDefault(), document.getElementById("main").focus())}>${say("skip")}</a>
    <${Top} state=${state} say=${say} act=${act} languages=${languages} />
    <div class=${state.view === "lab" ? "columns shelved" : "columns"}>
      ${state.view === "lab" && html`<${Shelf} key="shelf" state=${state} say=${say} act=${act} />`}
      <main id="main" tabindex="-1" key="main">
        ${state.problem && html`<div class="notice" role="alert" key="problem"><p>${state.problem}</p><button type="button" onClick=${() => act.retry()}>${say("retry")}</button></div>`}
        <p role="status" class="hidden" key="said">${state.said}</p>
        <${View} key=${state.view} state=${state} scene=${scene} say=${say} act=${act} />
      </main>
    </div>
    <footer><p>${say("tagline")}</p><p>${say("foot")}</p></footer>`;
}

/** An experiment, or a script of one's own, in its worlds. */
function Lab({ state, scene, say, act }) {
  const e = act.experiment();
  const hidden = state.predict.hidden;
  return html`
    <${Question} e=${e} state=${state} say=${say} />
    ${hidden && html`<${Predict} key="predict" state=${state} say=${say} act=${act} />`}
    ${scene && !hidden && html`<${Theatre} key="theatre" e=${e} state=${state} scene=${scene} say=${say} act=${act} />`}
    ${scene && !hidden && html`<${Steps} key="steps" state=${state} scene=${scene} say=${say} act=${act} />`}
    ${!hidden && html`<${Editor} key="editor" state=${state} say=${say} act=${act} />`}
    ${!hidden && html`<${Test} key="test" state=${state} say=${say} act=${act} />`}`;
}

/** Questions alone, one after the other. */
function Quiz({ state, say, act }) {
  return html`
    <div class="ask"><h1>${say("quiz.title")}</h1></div>
    <${Predict} state=${state} say=${say} act=${act} />`;
}

function Top({ state, say, act, languages }) {
  return html`
    <header class="top">
      <p class="brand"><img src="/static/favicon.svg" alt="" width="30" height="30" /><b>fourwave</b> <span lang="zh-CN">四次挥手</span></p>
      <nav class="views" aria-label=${say("nav")}>
        ${["lab", "matrix", "port", "quiz"].map((v) => html`<a key=${v} href=${`#${v}`} aria-current=${state.view === v ? "page" : null}>${say(`nav.${v}`)}</a>`)}
        <a href="/docs">${say("api")}</a>
      </nav>
      <div class="settings">
        <fieldset class="switch"><legend class="hidden">${say("language")}</legend>
          ${languages.map((l) => html`<label key=${l.id} lang=${l.tag}><input type="radio" name="lang" checked=${state.lang === l.id} onChange=${() => act.language(l.id)} /><span>${l.name}</span></label>`)}
        </fieldset>
        <fieldset class="switch"><legend class="hidden">${say("theme")}</legend>
          ${["auto", "light", "dark"].map((t) => html`<label key=${t}><input type="radio" name="theme" checked=${state.theme === t} onChange=${() => act.theme(t)} /><span>${say(`theme.${t}`)}</span></label>`)}
        </fieldset>
      </div>
    </header>`;
}

function Question({ e, state, say }) {
  if (!e) return html`<div class="ask"><p class="eyebrow">${say("shelf.own")}</p><h1>${whole(state.lab?.question || say("editor"))}</h1></div>`;
  return html`<div class="ask"><p class="eyebrow">${e.title}</p><h1>${whole(e.question)}</h1></div>`;
}

// A word joiner keeps the names of states from being broken at their hyphens.
const whole = (text) => text.replace(/([A-Z])-(?=[A-Z])/g, "$1-\u2060");

function Theatre({ e, state, scene, say, act }) {
  const kernel = state.capabilities?.worlds?.find((w) => w.name === "kernel");
  const both = state.lab.worlds.includes("kernel");
  const body = JSON.stringify(e ? { experiment: e.id, worlds: state.lab.worlds } : { script: "…", worlds: state.lab.worlds });
  return html`
    <section id="film" class="theatre" aria-labelledby="film-title">
      <h2 id="film-title" class="hidden">${say("worlds")}</h2>
      <div class="row act">
        ${!scene.running && html`<${RunKernel} key="kernel" kernel=${kernel} state=${state} say=${say} act=${act} again=${both} />`}
        <${Progress} key="progress" state=${state} scene=${scene} say=${say} act=${act} />
      </div>
      <${Worlds} state=${state} scene=${scene} say=${say} act=${act} />
      <${Film} state=${state} scene=${scene} say=${say} act=${act} />
      ${e?.explain && !scene.running && html`<div class="explain card"><h2>${say("explain")}</h2><p>${e.explain}</p></div>`}
      <${Curl} command=${`curl -s ${location.origin}/v1/labs -H 'Content-Type: application/json' -H 'Prefer: wait=60' -d '${body}'`} what="curl.run" say=${say} act=${act} />
      <${Curl} command=${`curl -sN -H 'Accept: text/event-stream' ${location.origin}/v1/labs/${state.lab.id}/events`} what="curl.events" say=${say} act=${act} />
    </section>`;
}

/** The way to a question when the film is shown already. */
function Test({ state, say, act }) {
  if (state.predict.question) return html`<${Predict} state=${state} say=${say} act=${act} />`;
  return html`<p><button type="button" onClick=${() => act.question()}>${say("predict.test")}</button></p>`;
}
