// The page's state, and its routes: which view the address names. What a view does is its own affair.

import { render } from "../vendor/preact.js";
import { Problem, Offline } from "./api.js";
import { firstLanguage, load, speaker, languages } from "./i18n.js";
import { html } from "./html.js";
import { Page } from "./page.js";
import { memory } from "./memory.js";
import { connect } from "./transport.js";
import { asked, hash } from "./address.js";
import { onKey } from "./keys.js";
import * as lab from "../lab/lab.js";

// A view is {fresh, acts, View, title}: its part of the state, what it does (`read` the address, `again` in another
// language), and how it is drawn. The order is the one in which an address is looked through.
// All but the lab are fetched when an address first names them.
const names = ["matrix", "port", "quiz", "read", "myths", "differences", "lab"];
const fetches = {
  matrix: () => import("../matrix/view.js"),
  port: () => import("../port/view.js"),
  quiz: () => import("../quiz/view.js"),
  read: () => import("../read/view.js"),
  myths: () => import("../read/cards.js"),
  differences: () => import("../known/view.js"),
};
const views = { lab };

const state = {
  view: "lab",
  lang: firstLanguage(asked("lang") || memory.get("lang"), navigator.languages),
  theme: memory.get("theme") || "auto",
  capabilities: null,
  busy: false,
  problem: "",
  copied: "",
  said: "", // to those who listen to the page
  menu: false,
  help: false,
};
Object.assign(state, lab.fresh());

await Promise.all([load(state.lang), connect()]);
const renamed = {}; // texts that the page's own words give way to, by language
let say = speaker(state.lang);
let frame = 0;
const root = document.getElementById("page");

function draw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    if (early()) return;
    render(html`<${Page} state=${state} View=${views[state.view].View} say=${say} act=${act} languages=${languages} />`, root);
    act.drawn();
  });
}

/** Whether what the server wrote still stands, because it is what is asked for and this page has no more to show yet. */
function early() {
  const written = root.querySelector(":scope > .plain");
  if (!written) return false;
  const { experiment, language } = written.dataset;
  const same = language === state.lang && experiment === (location.hash.length > 1 ? hash().get("experiment") : experiment);
  if (same && state.view === "lab" && !state.lab && !state.problem && !state.library && !state.help) return true;
  written.remove();
  return false;
}

/** Runs something that asks the server; what goes wrong is shown, in words. */
async function attempt(task) {
  state.busy = true;
  state.problem = "";
  draw();
  try {
    return await task();
  } catch (err) {
    if (err instanceof Problem && err.errors.some((e) => e.line)) state.errors = err.errors;
    else if (err instanceof Problem) state.problem = say("problem", { detail: err.message });
    else if (err instanceof Offline) state.problem = say("offline");
    else throw err;
  } finally {
    state.busy = false;
    draw();
  }
}

const act = {
  copied: () => state.copied,

  language(id) {
    attempt(async () => {
      await load(id).catch((err) => { throw new Offline(err.message); });
      state.lang = id;
      say = speaker(id, renamed[id]);
      memory.set("lang", id);
      dress();
      draw();
      await act.lab.again();
      if (state.view !== "lab") await act[state.view].again();
    });
  },

  theme(name) {
    state.theme = name;
    memory.set("theme", name);
    dress();
    draw();
  },

  menu(open) {
    state.menu = open;
    draw();
  },

  help(open) {
    state.help = open;
    draw();
    if (open) requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("help-close")?.focus()));
  },

  /** Presenter mode: large type, the whole screen. */
  present() {
    const on = document.documentElement.classList.toggle("presenting");
    if (on) document.documentElement.requestFullscreen?.().catch(() => {}); // a browser may refuse; the type is large all the same
    else if (document.fullscreenElement) document.exitFullscreen();
  },

  async copy(command) {
    try {
      await navigator.clipboard.writeText(command);
      state.copied = command;
      state.said = say("curl.copied");
    } catch {
      state.copied = ""; // not allowed here: the command can still be selected
    }
    draw();
  },

  retry: () => route(true),

  /** Goes to a view whose part of the address was set by itself. */
  show(view) {
    state.view = view;
    dress();
    draw();
  },
};

function dress() {
  const { tag } = languages.find((l) => l.id === state.lang);
  document.documentElement.lang = tag;
  document.documentElement.dataset.theme = state.theme;
  document.title = `fourwave 四次挥手: ${say(state.view === "lab" ? "tagline" : `nav.${state.view}`)}`;
}

/** Whether a view is there now: it is fetched with its part of the state and what it does. */
async function fetched(name) {
  let view;
  try {
    view = await fetches[name]();
  } catch {
    state.problem = say("offline");
    draw();
    return false;
  }
  if (views[name]) return true; // another call was faster
  Object.assign(state, view.fresh());
  act[name] = view.acts(context);
  views[name] = view;
  return true;
}

/** Shows what the address names: one finished story, without a click, if it names nothing. */
function route(first) {
  const params = hash();
  const name = names.find((v) => params.has(v)) || "lab";
  if (!views[name]) return fetched(name).then((there) => there && route(first));
  state.view = name;
  state.menu = false;
  dress();
  draw();
  if (!first) scrollTo({ top: 0 });
  return attempt(async () => {
    await act.lab.capabilities();
    await act[state.view].read(params, first);
  });
}

/** Gives a thing another name, in the language of now. */
function rename(key, text) {
  renamed[state.lang] = { ...renamed[state.lang], [key]: text };
  say = speaker(state.lang, renamed[state.lang]);
}

const context = { rename, state, draw, attempt, act, dress, say: (key, fill) => say(key, fill), speaker: () => say };
act.lab = lab.acts(context);
act.drawn = () => act.lab.drawn();

document.addEventListener("keydown", (event) => onKey(event, state, act));
document.addEventListener("fullscreenchange", () => document.fullscreenElement || document.documentElement.classList.remove("presenting"));
addEventListener("hashchange", () => route(false));
route(true);
