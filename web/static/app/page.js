// The frame of the page: what stands above every view, and the view.

import { html } from "./html.js";
import { Help } from "./keys.js";
import { site } from "./transport.js";

const icon = new URL("../favicon.svg", import.meta.url).href;

export function Page({ state, View, say, act, languages }) {
  return html`
    <a class="skip" href="#main" onClick=${(event) => (event.preventDefault(), document.getElementById("main").focus())}>${say("skip")}</a>
    <${Top} state=${state} say=${say} act=${act} languages=${languages} />
    <main id="main" tabindex="-1" class=${["lab", "read"].includes(state.view) ? `view-lab view-${state.view}` : `view-${state.view}`}>
      ${state.problem && html`<div class="notice" role="alert" key="problem"><p>${state.problem}</p><button type="button" onClick=${() => act.retry()}>${say("retry")}</button></div>`}
      <p role="status" class="hidden" key="said">${state.said}</p>
      <${View} key=${state.view} state=${state} say=${say} act=${act} />
    </main>
    <footer><p>${say("tagline")}</p><p>${say("foot")}</p><p><a href="#myths">${say("nav.myths")}</a> · <a href="#differences">${say("nav.differences")}</a></p></footer>
    ${state.help && html`<${Help} say=${say} act=${act} />`}`;
}

const themes = ["auto", "light", "dark"];

function Top({ state, say, act, languages }) {
  const next = themes[(themes.indexOf(state.theme) + 1) % themes.length];
  return html`
    <header class="top">
      <p class="brand"><a href="#lab"><img src=${icon} alt="" width="26" height="26" /><b>fourwave</b> <span lang="zh-CN">四次挥手</span></a></p>
      <button type="button" class="small menu-button" aria-expanded=${state.menu ? "true" : "false"} aria-controls="views" onClick=${() => act.menu(!state.menu)}>${say("menu")}</button>
      <nav id="views" class=${state.menu ? "views open" : "views"} aria-label=${say("nav")}>
        ${["lab", "read", "matrix", "port", "quiz"].map((v) => html`<a key=${v} href=${`#${v}`} aria-current=${state.view === v ? "page" : null}>${say(`nav.${v}`)}</a>`)}
        <a href=${site ? `${site}openapi.yaml` : "/docs"}>${say("api")}</a>
      </nav>
      <div class="settings">
        <fieldset class="switch"><legend class="hidden">${say("language")}</legend>
          ${languages.map((l) => html`<label key=${l.id} lang=${l.tag}><input type="radio" name="lang" checked=${state.lang === l.id} onChange=${() => act.language(l.id)} /><span>${l.name}</span></label>`)}
        </fieldset>
        <button type="button" class="bare icon" aria-label=${say("theme.now", { theme: say(`theme.${state.theme}`) })} title=${say("theme.now", { theme: say(`theme.${state.theme}`) })} onClick=${() => act.theme(next)}>
          <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><circle cx="10" cy="10" r="7.500" fill="none" stroke="currentColor" stroke-width="2" />${state.theme !== "light" && html`<path d=${state.theme === "dark" ? "M10 2.500a7.500 7.500 0 1 0 0.010 0Z" : "M10 2.500a7.500 7.500 0 0 0 0 15Z"} fill="currentColor" />`}</svg>
        </button>
        <button type="button" class="bare icon" aria-label=${say("help")} title=${say("help")} onClick=${() => act.help(true)}><b aria-hidden="true">?</b></button>
      </div>
    </header>`;
}
