// Practice: one question after the other, with spaced repetition by what a question is about: its kind, the rule that
// decides and the misconception that tempts. A review is always a fresh variant. Nothing is sent to the server but the answers.

import { html } from "../app/html.js";
import { get, post, Problem } from "../app/api.js";
import { memory } from "../app/memory.js";
import { pack } from "../app/address.js";
import { Curl } from "../app/parts.js";
import { Grade, kindName, Question } from "./input.js";
import { due, later, keyOf } from "./memory.js";

export const newPractice = () => ({ kinds: [], kind: "", level: 1, question: null, answer: null, grade: null, hint: "", hints: 0, missing: false, cards: JSON.parse(memory.get("practice") || "{}"), now: Date.now() });

const seedOf = () => Math.floor(Math.random() * 2 ** 50);

export function practiceActs({ state, draw, attempt }) {
  const p = state.practice;

  async function ask({ kind, level, seed }) {
    try {
      const [question] = [await post("/v1/questions", { kind, level, seed, lang: state.lang }, { lang: state.lang })].flat();
      Object.assign(p, { question, level, answer: null, grade: null, hint: "", hints: 0, missing: false, now: Date.now() });
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      Object.assign(p, { question: null, grade: null, missing: true });
    }
  }

  /** What is due first; else a kind that was chosen, or any. */
  function next() {
    const card = due(p.cards, Date.now())[0];
    if (card && !p.kind) return ask({ kind: card.kind, level: card.level, seed: seedOf() });
    const kinds = p.kind ? [p.kind] : p.kinds.map((k) => k.kind);
    return ask({ kind: kinds[Math.floor(Math.random() * kinds.length)], level: Number(p.level), seed: seedOf() });
  }

  async function remember(grade) {
    const { schedule } = await import("./fsrs.js"); // loaded only here
    const key = keyOf(p.question.kind, grade);
    const rating = !grade.correct ? 1 : p.hints ? 2 : 3; // again, hard, good
    p.cards = { ...p.cards, [key]: { kind: p.question.kind, level: p.question.level, rule: grade.why?.rule ?? "", myth: grade.myth ?? "", card: schedule(p.cards[key]?.card, rating, new Date()) } };
    memory.set("practice", JSON.stringify(p.cards));
  }

  return {
    async read() {
      if (!p.kinds.length) p.kinds = (await get("/v1/question-kinds", { lang: state.lang })).items;
      if (!p.question) await next();
    },

    again: async () => p.question && ask({ kind: p.question.kind, level: p.question.level, seed: p.question.seed }),

    choose(change) {
      Object.assign(p, change);
      attempt(next);
    },

    another: () => attempt(next),

    set(change) {
      p.answer = change(p.answer);
      draw();
    },

    hint: () =>
      attempt(async () => {
        const h = await post("/v1/questions/hints", { token: p.question.token, n: p.hints + 1, lang: state.lang }, { lang: state.lang });
        Object.assign(p, { hint: h.text, hints: p.hints + 1 });
      }),

    answer: () =>
      attempt(async () => {
        try {
          const grade = await post("/v1/questions/grade", { token: p.question.token, answer: p.answer, lang: state.lang }, { lang: state.lang });
          p.grade = grade.film ? { ...grade, filmHref: `#lab&script=${await pack(grade.film.script)}&line=${grade.film.line}` } : grade;
          p.unread = "";
          await remember(grade);
        } catch (err) {
          if (!(err instanceof Problem) || err.status !== 422) throw err;
          p.unread = err.message;
        }
      }),

    /** The deck as a file, and a file as the deck. */
    save() {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([JSON.stringify({ fourwave: "practice", version: 1, cards: p.cards }, null, 1)], { type: "application/json" }));
      link.download = "fourwave-practice.json";
      link.click();
    },

    load: (file) =>
      attempt(async () => {
        const deck = JSON.parse(await file.text());
        if (deck.fourwave !== "practice") return;
        p.cards = later(p.cards, deck.cards);
        memory.set("practice", JSON.stringify(p.cards));
        draw();
      }),
  };
}

export function Practice({ state, say, act }) {
  const p = state.practice;
  const waiting = due(p.cards, p.now).length;
  return html`
    <div class="ask"><h1>${say("quiz.title")}</h1></div>
    <p class="quiet">${say("quiz.lead")} <a href="#quiz=teach">${say("quiz.teach.link")}</a></p>
    <div class="row quizbar">
      <label class="inline"><span>${say("quiz.kind")}</span><select aria-label=${say("quiz.kind")} value=${p.kind} onChange=${(e) => act.practice.choose({ kind: e.target.value })}><option value="">${say("quiz.any")}</option>${p.kinds.map((k) => html`<option key=${k.kind} value=${k.kind} selected=${p.kind === k.kind}>${kindName(say, k.kind)}</option>`)}</select></label>
      <label class="inline"><span>${say("quiz.level")}</span><select aria-label=${say("quiz.level")} value=${String(p.level)} onChange=${(e) => act.practice.choose({ level: Number(e.target.value) })}>${[1, 2, 3].map((n) => html`<option key=${n} value=${n} selected=${p.level === n}>${n}</option>`)}</select></label>
      <span class="rest" role="status">${say("quiz.due", { n: waiting, all: Object.keys(p.cards).length })}</span>
    </div>
    <section class="predict card" aria-labelledby="practice-title">
      <h2 id="practice-title">${say("nav.quiz")}</h2>
      ${p.missing && html`<p class="notice">${say("predict.none")}</p>`}
      ${p.question && html`
        <form onSubmit=${(e) => (e.preventDefault(), act.practice.answer())}>
          <${Question} key=${p.question.token} question=${p.question} answer=${p.answer} name="practice" say=${say} disabled=${Boolean(p.grade)} set=${(change) => act.practice.set(change)} />
          ${p.hint && html`<p class="notice">${p.hint}</p>`}
          ${p.unread && html`<p class="bad" role="alert">${say("quiz.unread", { detail: p.unread })}</p>`}
          <div class="row">
            ${!p.grade && html`<button type="submit" class="primary" key="answer" disabled=${p.answer === null}>${say("predict.answer")}</button>`}
            ${!p.grade && p.hints < (p.question.hints ?? 0) && html`<button type="button" key="hint" onClick=${() => act.practice.hint()}>${say("quiz.hint.free")}</button>`}
            <button type="button" key="more" class=${p.grade ? "primary" : ""} onClick=${() => act.practice.another()}>${say("predict.another")}</button>
          </div>
        </form>`}
      <div role="status">${p.grade && html`<${Grade} grade=${p.grade} say=${say} />`}</div>
      ${p.question && html`<${Curl} command=${curl(p.question, say.lang)} what="curl.question" say=${say} act=${act} />`}
    </section>
    <div class="row"><button type="button" class="small" onClick=${() => act.practice.save()}>${say("quiz.deck.save")}</button>
      <label class="small filepick">${say("quiz.deck.load")} <input type="file" accept="application/json" onChange=${(e) => e.target.files[0] && act.practice.load(e.target.files[0])} /></label></div>`;
}

function curl({ kind, seed, level }, lang) {
  return `curl -s ${location.origin}/v1/questions -H 'Content-Type: application/json' -d '${JSON.stringify({ kind, seed, level, lang })}'`;
}
