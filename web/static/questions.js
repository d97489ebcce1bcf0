// Questions before a film, and by themselves: asked of the server, answered, marked.

import { post, Problem } from "./api.js";
import { memory } from "./memory.js";

/** What is known of a question; hidden: the film behind it is not to be seen yet. */
export const newPredict = () => ({ always: memory.get("predict") !== "no", hidden: false, question: null, choice: null, grade: null, missing: false });

export function questionActs({ state, draw, attempt }) {
  const p = state.predict;

  /** A question of the kind and seed given, in the language of the page. */
  async function ask({ kind, seed }) {
    try {
      const question = await post("/v1/questions", { kind, seed, lang: state.lang }, { lang: state.lang });
      Object.assign(p, { question: { kind, seed, ...question }, choice: null, grade: null, missing: false });
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      Object.assign(p, { question: null, grade: null, missing: true });
    }
  }

  return {
    /** Another question, of a kind that fits the script shown. */
    question: () =>
      attempt(async () => {
        const binds = state.script.match(/\bbind\b/g) || [];
        const kind = state.view === "quiz" ? quizKinds[Math.floor(Math.random() * 2)] : binds.length > 1 ? "will-it-bind" : "next-state";
        await ask({ kind, seed: Math.floor(Math.random() * 1e6) });
      }),

    /** The same question again, in another language. */
    questionAgain: async () => p.question && ask(p.question),

    pick(id) {
      p.choice = id;
      draw();
    },

    answer: () =>
      attempt(async () => {
        p.grade = await post("/v1/questions/grade", { token: p.question.token, answer: p.choice }, { lang: state.lang });
      }),

    show() {
      p.hidden = false;
      draw();
    },

    always(on) {
      p.always = on;
      memory.set("predict", on ? "yes" : "no");
      draw();
    },
  };
}

const quizKinds = ["will-it-bind", "next-state"];
