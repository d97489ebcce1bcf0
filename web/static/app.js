// The page: its state, what its controls do, and its frame.

import { render } from "./vendor/preact.js";
import { get, post, remove, follow, Problem, Offline } from "./api.js";
import { firstLanguage, speaker, languages } from "./i18n.js";
import { newStory, fold } from "./story.js";
import { sceneOf } from "./scene.js";
import { html } from "./ink.js";
import { Page } from "./page.js";
import { measurer, reveal } from "./sight.js";
import { memory } from "./memory.js";
import { address, hash } from "./address.js";
import { newPredict, questionActs } from "./questions.js";
import { newMatrix, matrixActs } from "./matrix.js";
import { newPort, portActs } from "./port.js";

const state = {
  view: "lab", // or matrix, port, quiz
  lang: firstLanguage(hash().get("lang") || memory.get("lang"), navigator.languages),
  theme: memory.get("theme") || "auto",
  capabilities: null,
  experiments: null,
  shelfOpen: matchMedia("(min-width: 1500px)").matches,
  chosen: null, // id of an experiment; "" for a script of one's own
  script: "",
  original: "",
  errors: [], // in the script
  pick: ["model"], // the worlds the editor runs in
  lab: null,
  story: null,
  seen: 0, // when the last word about the lab came
  cursor: null, // the step shown; null: all there is
  playing: false,
  width: 0, // of a ladder
  busy: false,
  problem: "",
  copied: "",
  said: "", // to those who listen to the page
  predict: newPredict(),
  matrix: newMatrix(),
  port: newPort(),
};

let say = speaker(state.lang);
let stopFollowing = () => {};
let frame = 0;

function draw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    render(html`<${Page} state=${state} scene=${sceneOf(state, performance.now())} say=${say} act=${act} languages=${languages} />`, root);
    measure();
  });
}

const root = document.getElementById("page");

const measure = measurer((width) => {
  if (width === state.width) return;
  state.width = width;
  draw();
});

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

async function load() {
  const [experiments, capabilities] = await Promise.all([
    get("/v1/experiments", { lang: state.lang }),
    get("/v1/capabilities", { lang: state.lang }),
  ]);
  state.experiments = experiments.items;
  state.capabilities = capabilities;
  const kernel = capabilities.worlds.find((w) => w.name === "kernel");
  if (kernel?.runs && !state.pick.includes("kernel")) state.pick.push("kernel");
}

/** The models that a script is to run in: the usual one, and those that it has lines for. */
function models(script) {
  const named = [...script.matchAll(/^\s*\[([^\]]+)\]/gm)].flatMap((m) => m[1].split(","));
  const wanted = (name) => name.startsWith("model:") && name !== "model:linux" && named.includes(name);
  return ["model", ...state.capabilities.worlds.map((w) => w.name).filter(wanted)];
}

function begin(lab) {
  stopFollowing();
  state.lab = lab;
  state.story = newStory(lab);
  state.cursor = null;
  state.playing = false;
  state.seen = performance.now();
  state.errors = [];
}

/** Leaves the lab that is shown; one that runs is not wanted any more. */
function leave() {
  stopFollowing();
  if (state.lab?.status === "running") remove(`/v1/labs/${state.lab.id}`).catch(() => {});
}

/** Makes a lab and shows it while it runs. */
async function run(body, wait) {
  leave();
  const lab = await post("/v1/labs", body, { lang: state.lang, headers: wait ? { Prefer: `wait=${wait}` } : {} });
  begin(lab);
  watch();
}

/** Follows the lab that is shown, from the last event known. */
function watch() {
  const { lab, story } = state;
  const current = () => state.story === story;
  stopFollowing();
  stopFollowing = follow(lab.id, {
    after: story.last,
    lang: state.lang,
    each(event) {
      if (!current()) return true;
      take(event);
      if (story.lab.status !== "running" && event.kind === "status" && !event.world) refresh(lab.id);
      return false;
    },
    ended: async () => (await refresh(lab.id), !current() || state.lab.status !== "running"),
    broken(err) {
      if (current()) state.problem = err instanceof Offline ? say("offline") : say("problem", { detail: err.message });
      draw();
    },
  });
}

function take(event) {
  fold(state.story, event);
  state.seen = performance.now();
  if (event.kind === "step") {
    const n = state.lab.steps.findIndex((s) => s.line === event.step.line);
    if (n >= 0) state.lab.steps[n] = event.step;
    state.said = `${say(`world.${event.world}`)}: ${event.step.text}, ${event.step.results?.[event.world]?.result ?? ""}`;
  }
  draw();
}

/** Reads the lab again: verdicts, progress, and what is left of a wait. */
async function refresh(id) {
  const lab = await get(`/v1/labs/${id}`, { lang: state.lang });
  if (state.lab?.id !== id) return;
  state.lab = lab;
  state.seen = performance.now();
  draw();
}

// While a lab runs its clocks move, and once a second the server is asked how far it is.
let asked = 0;
setInterval(() => {
  if (state.lab?.status !== "running" || document.hidden) return;
  if (performance.now() - asked > 1000) {
    asked = performance.now();
    refresh(state.lab.id).catch(() => {});
  }
  draw();
}, 200);

document.addEventListener("visibilitychange", () => {
  if (state.lab?.status !== "running") return;
  if (document.hidden) stopFollowing();
  else watch();
});

setInterval(() => state.playing && act.step(1, true), 1500);

const act = {
  experiment: () => state.experiments?.find((e) => e.id === state.chosen),
  copied: () => state.copied,

  language(id) {
    state.lang = id;
    say = speaker(id);
    memory.set("lang", id);
    dress();
    draw();
    attempt(async () => {
      await load();
      if (state.lab) await refresh(state.lab.id);
      await act.questionAgain();
      await act[state.view]?.again();
    });
  },

  theme(name) {
    state.theme = name;
    memory.set("theme", name);
    dress();
    draw();
  },

  shelf(open) {
    state.shelfOpen = open;
  },

  /** Takes an experiment from the shelf; the question comes before the film unless `show` is set. */
  choose(id, { show = false, first = false } = {}) {
    state.chosen = id;
    const e = act.experiment();
    if (!e) return;
    state.script = state.original = e.script;
    state.errors = [];
    state.view = "lab";
    dress();
    address(state.view, { experiment: id });
    if (!matchMedia("(min-width: 1500px)").matches) state.shelfOpen = false;
    state.predict.hidden = !show && state.predict.always;
    if (state.predict.hidden) act.question();
    attempt(() => run({ experiment: id, worlds: models(e.script) }, 5));
    if (first) return;
    document.getElementById("main").focus({ preventScroll: true });
    scrollTo({ top: 0 });
  },

  /** Runs what is shown in the models that it speaks of, and on the real kernel. */
  run() {
    state.predict.hidden = false;
    const { experiment, script } = state.lab;
    const worlds = [...models(script), "kernel"];
    attempt(() => run(experiment ? { experiment, worlds } : { script, worlds }));
  },

  runScript() {
    state.errors = [];
    state.predict.hidden = false;
    attempt(async () => {
      const same = state.chosen && state.script === state.original;
      await run(same ? { experiment: state.chosen, worlds: state.pick } : { script: state.script, worlds: state.pick });
      if (!same) {
        state.chosen = "";
        address(state.view, { lab: state.lab.id });
      }
      document.getElementById("film")?.scrollIntoView();
    });
  },

  /** Takes a script that another view has made into the editor, and runs it in some worlds, if any. */
  take(script, worlds = []) {
    state.view = "lab";
    state.chosen = "";
    state.script = state.original = script;
    state.errors = [];
    state.predict.hidden = false;
    address(state.view, { lab: "" });
    dress();
    leave();
    Object.assign(state, { lab: null, story: null }); // the film of another script
    if (worlds.length) state.pick = worlds;
    draw();
    if (worlds.length) act.runScript();
    requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(worlds.length ? "main" : "script")?.focus()));
  },

  stop() {
    const { lab } = state;
    attempt(async () => {
      await remove(`/v1/labs/${lab.id}`);
      stopFollowing();
      if (state.lab?.id === lab.id) state.lab = { ...state.lab, status: "cancelled" };
    });
  },

  edit(text) {
    state.script = text;
    state.errors = [];
    draw();
  },

  toggle(world) {
    state.pick = state.pick.includes(world) ? state.pick.filter((w) => w !== world) : [...state.pick, world];
    draw();
  },

  /** Shows the script up to step n; null shows all there is, and what is still to come. */
  seek(n) {
    state.playing = false;
    state.cursor = n;
    draw();
    requestAnimationFrame(() => requestAnimationFrame(reveal));
  },

  step(by, playing = false) {
    const scene = sceneOf(state, performance.now());
    if (!scene) return;
    const n = Math.max(0, Math.min(scene.total - 1, scene.upto + by));
    act.seek(n);
    state.playing = playing && n < scene.total - 1;
  },

  play() {
    const scene = sceneOf(state, performance.now());
    const start = !state.playing && scene.upto >= scene.total - 1;
    const playing = !state.playing;
    if (start) act.seek(0);
    state.playing = playing;
    draw();
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

  retry: () => start(),
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !state.story || state.view !== "lab") return;
  if (event.target.closest("input, textarea, select, summary, code, [contenteditable]")) return;
  if (event.key === "ArrowRight") act.step(1);
  else if (event.key === "ArrowLeft") act.step(-1);
  else return;
  event.preventDefault();
});

function dress() {
  const { tag } = languages.find((l) => l.id === state.lang);
  document.documentElement.lang = tag;
  document.documentElement.dataset.theme = state.theme;
  document.title = `fourwave 四次挥手: ${say(state.view === "lab" ? "tagline" : `nav.${state.view}`)}`;
}

/** Begins with what the address names. */
async function start() {
  await attempt(async () => {
    await load();
    await route(true);
  });
}

const views = ["matrix", "port", "quiz"];

/** Shows what the address names, or the first experiment: one finished story, without a click. */
async function route(first) {
  const params = hash();
  state.view = views.find((v) => params.has(v)) || "lab";
  state.problem = "";
  dress();
  draw();
  if (!first) scrollTo({ top: 0 });
  if (state.view === "quiz") return state.predict.question || act.question();
  if (state.view !== "lab") return act[state.view].read(params);
  const id = params.get("lab");
  if (id && id === state.lab?.id) return;
  if (id && (await open(id))) return;
  const named = state.experiments.find((e) => e.id === params.get("experiment"));
  if (!named && (state.lab || state.script)) return; // what was there before
  const chosen = named || state.experiments[0];
  if (chosen && !(chosen.id === state.chosen && state.lab)) act.choose(chosen.id, { show: true, first });
}

/** Opens a lab that exists; false if the server has forgotten it. */
async function open(id) {
  let lab;
  try {
    lab = await get(`/v1/labs/${encodeURIComponent(id)}`, { lang: state.lang });
  } catch (err) {
    if (err instanceof Problem && err.status < 500) return false;
    throw err;
  }
  state.chosen = lab.experiment || "";
  state.script = state.original = lab.script;
  begin(lab);
  watch();
  return true;
}

addEventListener("hashchange", () => attempt(() => route(false)));

const context = { state, draw, attempt, say: (key, fill) => say(key, fill) };
Object.assign(act, questionActs(context), { matrix: matrixActs(context), port: portActs(context) });

dress();
draw();
start();
