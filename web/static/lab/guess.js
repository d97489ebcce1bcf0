// The line that the film comes to next, with its result blanked: a question.

import { html } from "../app/html.js";
import { memory } from "../app/memory.js";
import { firstOf } from "./scene.js";

export const newGuess = () => ({ on: memory.get("guess") === "yes", at: null, answers: {} });

// What people believe of a call, with what it may really say: RFC 9293's states, errno names of the manual pages.
const beliefs = {
  bind: ["ok", "EADDRINUSE", "EADDRNOTAVAIL", "EINVAL"],
  listen: ["ok", "EADDRINUSE", "EINVAL"],
  connect: ["ok", "ECONNREFUSED", "EADDRINUSE", "EADDRNOTAVAIL", "ETIMEDOUT"],
  accept: ["ok", "EAGAIN"],
  send: ["ok", "EPIPE", "ECONNRESET"],
  recv: ["EOF", "ECONNRESET", "EAGAIN"],
  shutdown: ["ok", "ENOTCONN"],
  forge: ["silence", "ACK", "RST", "SYN+ACK"],
  state: ["TIME-WAIT", "CLOSED", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "ESTABLISHED"],
  timer: ["none", "retransmit 0.2s"],
  set: ["ok", "EINVAL"],
};

// Calls that set the scene: where they are expected to succeed nothing is asked.
const scenery = ["accept", "listen", "socket", "set", "sysctl", "close", "exit", "abort", "shutdown", "hold", "drop", "release", "latency", "dup", "delay", "connect", "deliver"];

const verbOf = (step) => step.text.split(/\s+/).find((w) => /^[a-z]/.test(w)) ?? "";

/** Whether a step's result is worth a question. */
export function asks(step, n, steps) {
  if (!step.expect || step.actor === "wire" && verbOf(step) !== "forge") return false;
  if (step.expect !== "ok") return true;
  const verb = verbOf(step);
  if (scenery.includes(verb)) return false;
  return n > 0 && steps.slice(0, n).some((s) => verbOf(s) === verb); // the second bind is a question, the first is not
}

/** The answers to choose from, the right one among them, in an order that says nothing. */
export function choicesOf(step, n, steps) {
  const verb = verbOf(step);
  const here = steps.filter((s) => s.expect && verbOf(s) === verb).map((s) => s.expect);
  const all = [...new Set([step.expect, ...here, ...(beliefs[verb] || ["ok"])])].slice(0, 5);
  return all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Whether an answer is right: as a script's expectation is met, times and rows aside. */
export const isRight = (answer, step) => answer === step.expect;

/** The lines that were missed and not yet met again: [{experiment, n}]. */
export function missedLines() {
  return JSON.parse(memory.get("missed") || "[]").map((key) => {
    const [experiment, n] = key.split(" ");
    return { experiment, n: Number(n) };
  });
}

export function guessActs({ state, draw, lab }) {
  const missed = () => JSON.parse(memory.get("missed") || "[]");

  return {
    /** Whether the film has to stop before a moment, because its line is a question that has not been asked. */
    stops(scene, next) {
      const g = state.guess;
      const { steps } = state.lab;
      const n = scene.moments[next]?.n;
      if (!g.on || n === undefined || g.answers[n] || firstOf(scene.moments, n) < scene.moment + 1 || !asks(steps[n], n, steps)) return false;
      g.at = n;
      draw();
      return true;
    },

    turn(on) {
      memory.set("guess", on ? "yes" : "no");
      Object.assign(state.guess, { on, at: null });
      if (on) lab.seek(0);
      draw();
    },

    answer(answer) {
      const g = state.guess;
      const n = g.at;
      const step = state.lab.steps[n];
      const right = answer !== null && isRight(answer, step);
      g.answers[n] = { answer: answer ?? "–", right };
      g.at = null;
      const key = `${state.experiment?.id ?? ""} ${n}`;
      const rest = missed().filter((k) => k !== key);
      memory.set("missed", JSON.stringify(right || !state.experiment ? rest : [...rest, key].slice(-50)));
      lab.step(n);
      requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector(".film .key.main")?.focus()));
    },

    /** Asks again from the line before the first one of this experiment that was missed. */
    review() {
      const lines = missedLines().filter((m) => m.experiment === state.experiment?.id).map((m) => m.n).sort((a, b) => a - b);
      if (lines.length === 0) return;
      memory.set("guess", "yes");
      state.guess = { ...newGuess(), on: true };
      if (lines[0] > 0) lab.step(lines[0] - 1);
      else lab.seek(0);
      lab.move(1);
    },
  };
}

/** The question in the place of the narration. */
export function Ask({ state, say, act }) {
  const n = state.guess.at;
  const { steps } = state.lab;
  const step = steps[n];
  return html`
    <div class="narration asking" role="group" aria-labelledby="guess-question">
      <p id="guess-question"><span class="step-no">${say("film.step", { n: n + 1, total: steps.length })}</span> <code>${step.actor} ${step.text} = </code><b class="blank">?</b> ${say("guess.question")}</p>
      <p class="choices">
        ${choicesOf(step, n, steps).map((c) => html`<button type="button" key=${c} class="small" onClick=${() => act.lab.guess.answer(c)}>${c}</button>`)}
        <button type="button" class="bare" onClick=${() => act.lab.guess.answer(null)}>${say("guess.skip")}</button>
      </p>
    </div>`;
}
