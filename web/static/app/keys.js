// The keys of the page.

import { html } from "./html.js";

/** What each key does, in the order in which the help lists them. */
export const keys = [
  ["Space", "key.play"],
  ["→", "key.next"],
  ["←", "key.back"],
  ["Home", "key.first"],
  ["End", "key.last"],
  ["p", "key.present"],
  ["?", "key.help"],
  ["Esc", "key.close"],
];

export function onKey(event, state, act) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") return close(state, act);
  const typing = event.target.closest?.("input:not([type=range]), textarea, select, [contenteditable]");
  if (typing) return;
  if (event.key === "?") return act.help(!state.help);
  if (event.key === "p" && ["lab", "read"].includes(state.view)) return act.present();
  if (state.view === "read" && !event.target.closest?.(".stage") && ["ArrowRight", "ArrowLeft"].includes(event.key)) {
    event.preventDefault();
    return act.read.go(event.key === "ArrowRight" ? 1 : -1);
  }
  if (!["lab", "read"].includes(state.view) || !state.story || event.target.closest?.("summary, code, [role=grid]")) return;
  const pressing = event.target.closest?.("button, a, [role=button]");
  const does = {
    " ": !pressing && (() => act.lab.play()),
    ArrowRight: () => act.lab.move(1),
    ArrowLeft: () => act.lab.move(-1),
    Home: () => act.lab.seek(0),
    End: () => act.lab.seek(null),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

function close(state, act) {
  if (state.help) act.help(false);
  else if (state.library) act.lab.library(false);
  else if (state.segment) act.lab.inspect(null);
}

export function Help({ say, act }) {
  return html`
    <div class="veil" onClick=${(e) => e.target === e.currentTarget && act.help(false)}>
      <div class="sheet-dialog" role="dialog" aria-modal="true" aria-labelledby="help-title">
        <header><h2 id="help-title">${say("help")}</h2><button type="button" id="help-close" class="small" onClick=${() => act.help(false)}>${say("close")}</button></header>
        <dl class="keylist">${keys.map(([key, what]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${say(what)}</dd></div>`)}</dl>
      </div>
    </div>`;
}
