// The lab: an experiment, or a script of one's own, in its worlds. What it knows and what it does.

import { get, post, remove, follow, Problem, Offline } from "../app/api.js";
import { address, pack, unpack } from "../app/address.js";
import { memory } from "../app/memory.js";
import { newStory, fold } from "./story.js";
import { sceneMaker, firstOf, lastOf } from "./scene.js";
import { stageKeeper } from "./sight.js";
import { measurer } from "./measure.js";
import { newGuess, guessActs } from "./guess.js";
import { fixActs } from "./fixes.js";
import { newWords, wordActs } from "./editor.js";
import { interfereActs } from "./interfere.js";
import { handActs } from "./hands.js";
import { playActs } from "./playing.js";
import { lookActs } from "./looking.js";
import { newProgram, programActs } from "./program.js";

export { Lab as View } from "./view.js";

const first = "plain-restart"; // the story that is shown when the address names none

export const fresh = () => ({
  experiments: null, // the library, once it is asked for
  library: false, // whether it is open
  filter: "",
  experiment: null, // what is shown, if it is the library's
  script: "",
  original: "",
  errors: [], // in the script
  words: newWords(), // that may be typed next
  editing: false,
  hands: false, // whether the buttons of calls are shown
  pick: ["model"], // the worlds that the editor runs in
  picked: [], // the worlds that the stage is to show
  lab: null,
  story: null,
  seen: 0, // when the last word about the lab came
  cursor: null, // the moment shown; null: all there is
  playing: false,
  speed: 1,
  width: 0, // of the ladder
  look: 0, // which part of it is drawn
  figure: false, // whether the figure is shown in its place
  figurePick: null, // the state or arrow of the figure that was clicked
  facts: false, // whether the story in words is open
  segment: null, // the segment inspected: {world, id}
  drag: null, // the segment that the pointer holds: {world, id, over, x, y}
  bytes: null, // what was captured, by world and flight
  gone: null, // a lab that the server has forgotten: {script}
  guess: newGuess(),
  fixes: null,
  program: newProgram(), // the script in a programming language
  machine: null,
});

export function acts(context) {
  const { state, draw, attempt, say } = context;
  const sceneOf = sceneMaker();
  const measure = measurer();
  let stopFollowing = () => {};

  const scene = () => sceneOf(state, performance.now(), measure());
  const keeper = stageKeeper({ scene, state, draw, speaker: context.speaker });

  async function capabilities() {
    state.capabilities ??= await get("/v1/capabilities", { lang: state.lang });
    const kernel = state.capabilities.worlds.find((w) => w.name === "kernel");
    if (kernel?.recorded) context.rename("world.kernel", say("world.kernel.recorded", kernel.recorded));
    else if (kernel?.runs && !state.pick.includes("kernel")) state.pick.push("kernel");
  }

  async function loadLibrary() {
    state.experiments = (await get("/v1/experiments", { lang: state.lang })).items;
    draw();
  }

  /** The models that a script is to run in: the usual one, and those that it has lines for. */
  function models(script) {
    const named = [...script.matchAll(/^\s*\[([^\]]+)\]/gm)].flatMap((m) => m[1].split(","));
    const wanted = (name) => name.startsWith("model:") && name !== "model:linux" && named.includes(name);
    return ["model", ...(state.capabilities?.worlds ?? []).map((w) => w.name).filter(wanted)];
  }

  /** A lab whose script speaks the reader's language between its lines. */
  const spoken = (lab) => ({ ...lab, steps: lab.steps.map(spokenStep) });
  const spokenStep = (step) => {
    const { line } = context.speaker();
    return { ...step, ...(step.phase && { phase: line(step.phase) }), ...(step.note && { note: line(step.note) }) };
  };

  function begin(made) {
    const told = spoken(made);
    stopFollowing();
    lab.stopPlaying();
    Object.assign(state, {
      lab: told, story: newStory(told), cursor: null, playing: false, seen: performance.now(), errors: [], segment: null, gone: null, look: 0, program: newProgram(),
      guess: { ...newGuess(), on: state.guess.on },
    });
    keeper.reset();
  }

  /** Leaves the lab that is shown; one that runs is not wanted any more. */
  function leave() {
    stopFollowing();
    if (state.lab?.status === "running" && !state.lab.live) remove(`/v1/labs/${state.lab.id}`).catch(() => {});
  }

  /** Makes a lab and shows it while it runs. */
  async function run(body, wait) {
    leave();
    const lab = await post("/v1/labs", body, { lang: state.lang, headers: wait ? { Prefer: `wait=${wait}` } : {} });
    begin(lab);
    await catchUp();
  }

  /** Folds into a story what has happened so far, as long as it is wanted. */
  async function fill(story, lab, wanted) {
    for (let more = lab.events > 0; more && wanted(); ) {
      const page = await get(`/v1/labs/${lab.id}/events?after=${story.last}`, { lang: state.lang });
      for (const event of page.events) fold(story, event);
      more = page.events.length === 1000;
    }
  }

  /** Reads what has happened so far at one go, and follows what comes. */
  async function catchUp() {
    const { lab, story } = state;
    await fill(story, lab, () => state.story === story);
    draw();
    if (state.story === story && (lab.status === "running" || lab.live)) watch();
  }

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
      if (n < 0) refresh(state.lab.id).catch(() => {}); // another tab has added it to a live lab
      else state.lab.steps[n] = mergeStep(state.lab.steps[n], spokenStep(event.step));
      state.said = `${say(`world.${event.world}`)}: ${event.step.text}, ${event.step.results?.[event.world]?.result ?? ""}`;
    }
    draw();
  }

  /** Reads the lab again: verdicts, progress, and what is left of a wait. */
  async function refresh(id) {
    const lab = await get(`/v1/labs/${id}`, { lang: state.lang });
    if (state.lab?.id !== id) return;
    state.lab = spoken(lab);
    state.seen = performance.now();
    draw();
  }

  // While a lab runs its clocks move, and once a second the server is asked how far it is.
  let asked = 0;
  setInterval(() => {
    if (state.lab?.status !== "running" || document.hidden || !["lab", "read"].includes(state.view) || state.lab.live) return;
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

  /** Opens a lab that exists; false if the server has forgotten it. */
  async function open(id) {
    let lab;
    try {
      lab = await get(`/v1/labs/${encodeURIComponent(id)}`, { lang: state.lang });
    } catch (err) {
      if (err instanceof Problem && err.status < 500) return false;
      throw err;
    }
    state.experiment = lab.experiment ? await get(`/v1/experiments/${lab.experiment}`, { lang: state.lang }).catch(() => null) : null;
    state.script = state.original = lab.script;
    begin(lab);
    await catchUp();
    return true;
  }

  /** Shows an experiment of the library. */
  async function choose(id, { worlds, enter = true, quiet = false } = {}) {
    const experiment = await get(`/v1/experiments/${encodeURIComponent(id)}`, { lang: state.lang });
    Object.assign(state, { experiment, script: experiment.script, original: experiment.script, errors: [], editing: false, fixes: null, library: false });
    await capabilities();
    if (!quiet) address("lab", { experiment: id, worlds: worlds?.join(",") }, { enter });
    await run({ experiment: id, worlds: worlds || models(experiment.script) }, 5);
  }

  /** Names the lab shown in the address: by its id, and by its script for other machines. */
  async function named({ enter = true } = {}) {
    const { id, script, worlds } = state.lab;
    const packed = await pack(script);
    if (state.lab?.id === id) address("lab", { lab: id, worlds: worlds.join(","), script: packed }, { enter });
  }

  async function show(params) {
    const [id, packed, experiment] = ["lab", "script", "experiment"].map((k) => params.get(k));
    const worlds = params.get("worlds")?.split(",").filter(Boolean);
    if (id && (id === state.lab?.id || (await open(id)))) return;
    const script = packed && (await unpack(packed));
    if (id && !script) state.problem = say("lab.gone");
    if (id && script) {
      Object.assign(state, { gone: { script, worlds }, script, original: script, experiment: null, lab: null, story: null });
      return;
    }
    if (script) return runScript(script, worlds || ["model"], { enter: false });
    if (!experiment && state.lab) return;
    if (experiment && experiment === state.experiment?.id && state.lab?.experiment === experiment && !worlds) return;
    try {
      await choose(experiment || first, { worlds, enter: false });
    } catch (err) {
      if (!(err instanceof Problem) || err.status !== 404) throw err;
      if (experiment) state.problem = say("experiment.unknown", { id: experiment });
      await loadLibrary();
      if (!state.lab && state.experiments.length > 0) await choose(state.experiments[0].id, { enter: false });
    }
  }

  async function runScript(script, worlds, { enter = true } = {}) {
    await capabilities();
    await run({ script, worlds }, 5);
    Object.assign(state, { script, original: script, experiment: null, fixes: null });
    await named({ enter });
  }

  const lab = {
    scene,
    capabilities,

    /** Shows an experiment in another view than the lab's. */
    open: async (id) => void (state.lab?.experiment === id || (await choose(id, { quiet: true }))),

    async read(params) {
      await show(params);
      const n = Number(params.get("step")) - 1;
      const now = scene();
      if (now && n >= 0 && lastOf(now.moments, n) >= 0) lab.seek(lastOf(now.moments, n));
    },

    /** The same in another language. */
    async again() {
      state.capabilities = null;
      await capabilities();
      if (state.experiments) await loadLibrary();
      if (state.experiment) state.experiment = await get(`/v1/experiments/${state.experiment.id}`, { lang: state.lang });
      if (!state.lab) return;
      await refresh(state.lab.id);
      const { lab: of, cursor } = state;
      const story = newStory(of);
      await fill(story, of, () => state.lab?.id === of.id); // the old one stays until the new one is whole
      if (state.lab?.id !== of.id) return;
      Object.assign(state, { story, cursor });
      await catchUp();
    },

    drawn: () => keeper.drawn(),

    library(on) {
      state.library = on;
      draw();
      if (!on) return document.querySelector(".library-button")?.focus();
      if (!state.experiments) attempt(loadLibrary);
      requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("library-filter")?.focus()));
    },

    filter(text) {
      state.filter = text;
      draw();
    },

    choose(id) {
      attempt(async () => {
        await choose(id);
        document.getElementById("main").focus({ preventScroll: true });
        scrollTo({ top: 0 });
      });
    },

    /** Runs what is shown in the models that it speaks of, and on the real kernel. */
    run() {
      const { experiment, script } = state.lab;
      const worlds = [...models(script), "kernel"];
      attempt(async () => {
        await run(experiment ? { experiment, worlds } : { script, worlds });
        if (state.view !== "lab") return;
        if (experiment) address("lab", { experiment, worlds: worlds.join(",") });
        else await named({ enter: false });
      });
    },

    runScript(script = state.script, worlds = state.pick) {
      state.errors = [];
      attempt(async () => {
        if (state.experiment && script === state.experiment.script) await run({ experiment: state.experiment.id, worlds }, 5);
        else await runScript(script, worlds);
        state.editing = false;
      });
    },

    /** Takes a script that another view has made into the editor, and runs it in some worlds, if any. */
    take(script, worlds = []) {
      leave();
      Object.assign(state, { experiment: null, script, original: script, errors: [], editing: worlds.length === 0, fixes: null, lab: null, story: null });
      if (worlds.length) state.pick = worlds;
      address("lab", { lab: "" }, { enter: true });
      context.act.show("lab");
      if (worlds.length) lab.runScript();
      requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(worlds.length ? "main" : "script")?.focus()));
    },

    /** Runs the script of a lab that is gone again. */
    revive() {
      const { script, worlds } = state.gone;
      attempt(() => runScript(script, worlds || ["model"], { enter: false }));
    },

    stop() {
      const { lab: { id } } = state;
      attempt(async () => {
        await remove(`/v1/labs/${id}`);
        stopFollowing();
        if (state.lab?.id === id) state.lab = { ...state.lab, status: "cancelled" };
      });
    },

    edit(text) {
      state.script = text;
      state.errors = [];
      memory.set("draft", text);
      draw();
    },

    editor(open) {
      state.editing = open;
      draw();
      if (open) requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("script")?.focus()));
    },

    toggle(world) {
      state.pick = state.pick.includes(world) ? state.pick.filter((w) => w !== world) : [...state.pick, world];
      draw();
    },

    /** Shows a world on the stage, in the place of another if there is no room. */
    world(name) {
      state.picked = [name, ...scene().shown.filter((w) => w !== name)];
      draw();
    },

    look(part) {
      if (part === state.look) return;
      state.look = part;
      draw();
    },
  };

  const more = { ...context, scene, lab, keeper, guess: () => guess, run, runScript, begin, catchUp, refresh, named, firstOf };
  const guess = guessActs(more);
  return Object.assign(lab, { guess }, fixActs(more), handActs(more), programActs(more), playActs(more), lookActs(more), interfereActs(more), wordActs(more));
}

/** A step as one world has told it, beside what others have told of it. */
function mergeStep(known, told) {
  return { ...known, ...told, results: { ...known.results, ...told.results } };
}
