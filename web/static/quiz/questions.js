// Questions of the server: asked, answered, marked.

import { post, Problem } from "../app/api.js";

/** What is known of the question shown. */
export const newQuiz = () => ({ question: null, choice: null, grade: null, missing: false });

const kinds = ["will-it-bind", "next-state"];

export function quizActs({ state, draw, attempt }) {
  const q = state.quiz;

  /** A question of the kind and seed given, in the language of the page. */
  async function ask({ kind, seed }) {
    try {
      const question = await post("/v1/questions", { kind, seed, lang: state.lang }, { lang: state.lang });
      Object.assign(q, { question: { kind, seed, ...question }, choice: null, grade: null, missing: false });
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      Object.assign(q, { question: null, grade: null, missing: true });
    }
  }

  const another = () => ask({ kind: kinds[Math.floor(Math.random() * kinds.length)], seed: Math.floor(Math.random() * 1e6) });

  return {
    read: async () => q.question || another(),

    /** The same question again, in another language. */
    again: async () => q.question && ask(q.question),

    another: () => attempt(another),

    pick(id) {
      q.choice = id;
      draw();
    },

    answer: () =>
      attempt(async () => {
        q.grade = await post("/v1/questions/grade", { token: q.question.token, answer: q.choice }, { lang: state.lang });
      }),
  };
}
