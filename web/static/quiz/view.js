// The quiz: one question after the other, each marked with its reason.

import { html } from "../app/html.js";
import { Curl } from "../app/parts.js";
import { newQuiz, quizActs } from "./questions.js";

export const fresh = () => ({ quiz: newQuiz() });
export const acts = quizActs;

/** The question, its choices, and when it is answered what is right and why. */
export function View({ state, say, act }) {
  const { question, choice, grade, missing } = state.quiz;
  return html`
    <div class="ask"><h1>${say("quiz.title")}</h1></div>
    <section class="predict card" aria-labelledby="predict-title">
      <h2 id="predict-title">${say("nav.quiz")}</h2>
      <p class="quiet">${say("quiz.lead")}</p>
      ${missing && html`<p class="notice">${say("predict.none")}</p>`}
      ${question && html`
        <form onSubmit=${(e) => (e.preventDefault(), act.quiz.answer())}>
          <fieldset disabled=${Boolean(grade)}>
            <legend>${question.text}</legend>
            ${question.script && html`<pre class="script" tabindex="0">${question.script}</pre>`}
            ${question.choices.map((c) => html`
              <label key=${c.id} class=${mark(c, choice, grade)}>
                <input type="radio" name="answer" value=${c.id} checked=${choice === c.id} onChange=${() => act.quiz.pick(c.id)} />
                <span>${c.text}</span>
              </label>`)}
          </fieldset>
          <div class="row">
            ${!grade && html`<button type="submit" class="primary" key="answer" disabled=${choice === null}>${say("predict.answer")}</button>`}
            <button type="button" key="more" class=${grade ? "primary" : ""} onClick=${() => act.quiz.another()}>${say("predict.another")}</button>
          </div>
        </form>`}
      <div role="status" class="grade">${grade && html`<${Grade} state=${state} grade=${grade} say=${say} act=${act} />`}</div>
      ${question && html`<${Curl} command=${ask(question, say.lang)} what="curl.question" say=${say} act=${act} />`}
    </section>`;
}

function ask(question, lang) {
  return `curl -s ${location.origin}/v1/questions -H 'Content-Type: application/json' -d '${JSON.stringify({ kind: question.kind, seed: question.seed, lang })}'`;
}

function mark(c, choice, grade) {
  if (!grade) return "choice";
  if (grade.right_answer.id === c.id) return "choice right";
  return choice === c.id ? "choice wrong" : "choice";
}

function Grade({ state, grade, say, act }) {
  const shows = state.experiments?.find((e) => e.id === grade.experiment);
  return html`
    <p class=${grade.correct ? "good" : "bad"}><span aria-hidden="true">${grade.correct ? "✓" : "✕"}</span> <b>${grade.correct ? say("predict.right") : say("predict.wrong", { answer: grade.right_answer.text })}</b></p>
    ${grade.why && html`<p>${grade.why.text} ${grade.why.source && html`<span class="rest">${say("steps.source", { source: grade.why.source })}</span>`}</p>`}
    ${grade.experiment && html`<p><a href=${`#experiment=${grade.experiment}`}>${say("predict.see", { title: shows?.title || grade.experiment })}</a></p>`}`;
}
