// Questions: practice (#quiz), a quiz that is sat (#quiz=CODE), and a teacher's quizzes (#quiz=teach).

import { html } from "../app/html.js";
import { newPractice, practiceActs, Practice } from "./practice.js";
import { newTaking, takingActs, Taking } from "./take.js";
import { newTeaching, teachingActs, Teaching } from "./teach.js";

export const fresh = () => ({ quizPart: "practice", practice: newPractice(), taking: newTaking(), teaching: newTeaching() });

const parts = { practice: Practice, taking: Taking, teaching: Teaching };

export function acts(context) {
  const { state, act } = context;
  Object.assign(act, { practice: practiceActs(context), taking: takingActs(context), teaching: teachingActs(context) });
  addEventListener("beforeunload", (event) => {
    if (Object.keys(state.taking.unsaved).length) event.preventDefault(); // an answer is not saved yet
  });
  return {
    async read(params) {
      const code = (params.get("quiz") || "").replace(/[-\s]/g, "").toUpperCase();
      state.quizPart = code === "" ? "practice" : code === "TEACH" ? "teaching" : "taking";
      state.teaching.paper = null;
      await act[state.quizPart].read(state.quizPart === "teaching" ? params.get("id") : code);
    },
    again: () => act[state.quizPart].again(),
  };
}

export function View({ state, say, act }) {
  const Part = parts[state.quizPart];
  return html`<div class="quizview"><${Part} state=${state} say=${say} act=${act} /></div>`;
}
