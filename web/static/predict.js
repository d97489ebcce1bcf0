// A question before the film: who has guessed looks closer.

import { html } from "./ink.js";
import { Curl } from "./parts.js";

/** The question of the state, its choices, and when it is answered what is right and why. */
export function Predict({ state, say, act }) {
  const { question, choice, grade, missing } = state.predict;
  const quiz = state.view === "quiz";
  const hidden = state.predict.hidden && !quiz;
  return html`
    <section class="predict card" aria-labelledby="predict-title">
      <h2 id="predict-title">${say(quiz ? "nav.quiz" : "predict")}</h2>
      <p class="quiet">${say(quiz ? "quiz.lead" : "predict.lead")}</p>
      ${missing && html`<p class="notice">${say("predict.none")}</p>`}
      ${question && html`
        <form onSubmit=${(e) => (e.preventDefault(), act.answer())}>
          <fieldset disabled=${Boolean(grade)}>
            <legend>${question.text}</legend>
            ${question.script && html`<pre class="script" tabindex="0">${question.script}</pre>`}
            ${question.choices.map((c) => html`
              <label key=${c.id} class=${mark(c, choice, grade)}>
                <input type="radio" name="answer" value=${c.id} checked=${choice === c.id} onChange=${() => act.pick(c.id)} />
                <span>${c.text}</span>
              </label>`)}
          </fieldset>
          <div class="row">
            ${!grade && html`<button type="submit" class="primary" key="answer" disabled=${choice === null}>${say("predict.answer")}</button>`}
            ${(quiz || (grade && !hidden)) && html`<button type="button" key="more" onClick=${() => act.question()}>${say("predict.another")}</button>`}
            ${hidden && html`<button type="button" key="show" class=${grade ? "primary" : ""} onClick=${() => act.show()}>${say(grade ? "predict.show" : "predict.skip")}</button>`}
          </div>
        </form>`}
      ${!question && hidden && html`<button type="button" class="primary" onClick=${() => act.show()}>${say("predict.show")}</button>`}
      <div role="status" class="grade">${grade && html`<${Grade} state=${state} grade=${grade} say=${say} act=${act} />`}</div>
      ${!quiz && html`<label class="check"><input type="checkbox" checked=${state.predict.always} onChange=${(e) => act.always(e.currentTarget.checked)} /> ${say("predict.always")}</label>`}
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
    ${shows && html`<p><a href=${`#experiment=${shows.id}`} onClick=${(e) => (e.preventDefault(), act.choose(shows.id, { show: true }))}>${say("predict.see", { title: shows.title })}</a></p>`}`;
}
