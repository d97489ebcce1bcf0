// Sitting a quiz: joining by its code, answering, what is not saved yet, submitting, the result.

import { html } from "../app/html.js";
import { get, post, put, listen, Problem, Offline } from "../app/api.js";
import { memory } from "../app/memory.js";
import { pack } from "../app/address.js";
import { backoff, left, unanswered, waiting } from "./answers.js";
import { Grade, Question } from "./input.js";

export const newTaking = () => ({ code: "", student: "", pin: "", attempt: null, unsaved: {}, failed: "", result: null, notYet: null, now: 0, ahead: 0, hints: {}, sure: false });

const auth = (taking) => ({ headers: { Authorization: `Bearer ${taking.attempt.secret}` } });

/** What is known of an attempt in this browser: its secret and the answers that the server has not acknowledged. */
const kept = (code) => JSON.parse(memory.get(`quiz.${code}`) || "null");

export function takingActs({ state, draw, attempt, say }) {
  const t = state.taking;
  let sending = null;
  let ticking = null;
  let stop = null;

  const keep = () => {
    const { id, secret, pin } = t.attempt;
    memory.set(`quiz.${t.code}`, JSON.stringify({ id, secret, pin, student: t.student, unsaved: t.unsaved }));
  };

  function shows(a) {
    t.attempt = { ...t.attempt, ...a };
    t.ahead = Date.parse(a.server_time) - Date.now();
    for (const n of waiting(t.unsaved)) {
      const q = t.attempt.questions.find((x) => x.n === n);
      if (q) Object.assign(q, t.unsaved[n]);
    }
    tick();
    ticking ||= setInterval(tick, 1000);
    follow();
  }

  function tick() {
    t.now = Date.now();
    if (left(t.attempt?.deadline, t.now, t.ahead) === 0 && t.attempt.status === "open" && !t.submitting) refresh();
    draw();
  }

  const refresh = async () => {
    t.submitting = true;
    try {
      shows(await get(`/v1/attempts/${t.attempt.id}`, { lang: state.lang, ...auth(t) }));
      if (t.attempt.status === "submitted") await result();
    } finally {
      t.submitting = false;
    }
  };

  /** A live quiz moves on for everyone; more time and withdrawals come the same way. */
  function follow() {
    if (t.attempt.status !== "open") return;
    stop ||= listen(`/v1/quizzes/${t.code}/events`, { ...auth(t), each: () => refresh().catch(() => {}) });
  }

  /** Sends what is not saved, one after the other, and tries again for as long as it takes. */
  async function send() {
    if (sending) return;
    sending = true;
    for (let tries = 0; waiting(t.unsaved).length && t.attempt; ) {
      const n = waiting(t.unsaved)[0];
      const { answer, revision } = t.unsaved[n];
      try {
        const saved = await put(`/v1/attempts/${t.attempt.id}/answers/${n}`, { answer, revision }, { lang: state.lang, ...auth(t) });
        const q = t.attempt.questions.find((x) => x.n === n);
        Object.assign(q, { read_as: saved.read_as, saved_at: saved.saved_at, unread: "", grade: await filmed(saved.grade) });
        if (t.unsaved[n]?.revision === revision) delete t.unsaved[n];
        Object.assign(t, { failed: "" });
        tries = 0;
      } catch (err) {
        if (err instanceof Offline || err.status >= 500 || err.status === 429) {
          t.failed = say("quiz.offline");
          draw();
          await new Promise((done) => setTimeout(done, backoff(tries++)));
          continue;
        }
        if (!(err instanceof Problem)) throw err;
        refused(n, revision, err);
      }
      keep();
      draw();
    }
    sending = null;
    draw();
  }

  /** The server said no: it cannot read the answer, has a newer one, or takes no more. */
  function refused(n, revision, err) {
    const q = t.attempt.questions.find((x) => x.n === n);
    if (t.unsaved[n]?.revision !== revision) return;
    delete t.unsaved[n];
    if (err.type === "/problems/stale-answer") Object.assign(q, { answer: err.body.kept.answer, revision: err.body.kept.revision });
    else if (err.status === 422) q.unread = err.message;
    else Object.assign(t, { failed: err.message });
  }

  async function filmed(grade) {
    if (!grade?.film) return grade;
    return { ...grade, filmHref: `#lab&script=${await pack(grade.film.script)}&line=${grade.film.line}` };
  }

  async function result() {
    try {
      const r = await get(`/v1/attempts/${t.attempt.id}/result`, { lang: state.lang, ...auth(t) });
      for (const q of r.questions) q.grade = await filmed(q.grade);
      t.result = r;
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      t.notYet = err.body?.when || true;
    }
    draw();
  }

  let later = null;
  return {
    async read(code) {
      if (t.code === code && t.attempt) return;
      stop?.();
      stop = null;
      Object.assign(t, newTaking(), { code });
      const before = kept(code);
      if (!before) return draw();
      t.attempt = before;
      t.student = before.student;
      t.unsaved = before.unsaved || {};
      try {
        await refresh();
        if (waiting(t.unsaved).length) send();
      } catch (err) {
        if (!(err instanceof Problem)) throw err;
        Object.assign(t, { attempt: null, student: before.student, pin: before.pin || "" }); // another device took over
      }
      draw();
    },

    again: () => t.attempt && refresh(),

    field(name, value) {
      t[name] = value;
      draw();
    },

    join: () =>
      attempt(async () => {
        const a = await post(`/v1/quizzes/${t.code}/attempts`, { student: t.student.trim(), pin: t.pin.trim(), lang: state.lang }, { lang: state.lang });
        Object.assign(t, { unsaved: {}, result: null, notYet: null, hints: {} });
        shows(a);
        keep();
      }),

    set(n, change) {
      const q = t.attempt.questions.find((x) => x.n === n);
      const answer = change(q.answer);
      const revision = Math.max(q.revision, t.unsaved[n]?.revision ?? 0) + 1;
      t.unsaved[n] = { answer, revision };
      Object.assign(q, { answer, revision, unread: "" });
      keep();
      clearTimeout(later);
      later = setTimeout(send, 400);
      draw();
    },

    hint: (n) =>
      attempt(async () => {
        const h = await post(`/v1/attempts/${t.attempt.id}/answers/${n}/hints`, undefined, { lang: state.lang, ...auth(t) });
        const q = t.attempt.questions.find((x) => x.n === n);
        q.hints_taken = [...(q.hints_taken || []), h.text];
        t.hints[n] = h.left;
      }),

    sure(yes) {
      t.sure = yes;
      draw();
    },

    submit: () =>
      attempt(async () => {
        clearTimeout(later);
        await send();
        shows(await put(`/v1/attempts/${t.attempt.id}/submission`, undefined, { lang: state.lang, ...auth(t) }));
        t.sure = false;
        stop?.();
        await result();
      }),
  };
}

export function Taking({ state, say, act }) {
  const t = state.taking;
  if (!t.attempt) return html`<${Join} t=${t} say=${say} act=${act} />`;
  const open = t.attempt.status === "open";
  return html`
    <div class="ask"><h1>${t.attempt.title || say("quiz.code", { code: t.code })}</h1></div>
    <${Clock} t=${t} say=${say} />
    ${t.attempt.pin && open && html`<p class="notice" key="pin">${say("quiz.pin", { pin: t.attempt.pin })}</p>`}
    ${t.attempt.focus_noted && open && html`<p class="quiet" key="focus">${say("quiz.focus")}</p>`}
    ${t.failed && html`<p class="notice" role="alert" key="failed">${t.failed}</p>`}
    ${open && t.attempt.live && html`<p class="quiet" role="status" key="live">${say(`quiz.phase.${t.attempt.live.phase}`)}</p>`}
    ${open ? html`<${Questions} t=${t} say=${say} act=${act} />` : html`<${Result} t=${t} say=${say} />`}`;
}

function Join({ t, say, act }) {
  return html`
    <div class="ask"><h1>${say("quiz.join")}</h1></div>
    <form class="card" onSubmit=${(e) => (e.preventDefault(), act.taking.join())}>
      <p class="quiet">${say("quiz.join.lead", { code: t.code })}</p>
      <label class="field" for="student"><span>${say("quiz.student")}</span><input id="student" required maxlength="64" autocomplete="username" value=${t.student} onInput=${(e) => act.taking.field("student", e.target.value)} /></label>
      <label class="field" for="pin"><span>${say("quiz.pin.label")}</span><input id="pin" maxlength="64" autocomplete="off" inputmode="numeric" value=${t.pin} onInput=${(e) => act.taking.field("pin", e.target.value)} /></label>
      <div class="row"><button type="submit" class="primary">${say("quiz.begin")}</button></div>
    </form>`;
}

function Clock({ t, say }) {
  const rest = left(t.attempt.deadline, t.now || Date.now(), t.ahead);
  const n = waiting(t.unsaved).length;
  return html`<p class="quizbar">
    ${rest !== null && t.attempt.status === "open" && html`<span key="left"><b>${say("quiz.left", { time: `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}` })}</b></span>`}
    <span role="status" key="saved" class=${n ? "bad" : "good"}>${t.attempt.status === "open" ? (n ? say("quiz.unsaved", { n }) : say("quiz.saved")) : say("quiz.submitted")}</span>
  </p>`;
}

function Questions({ t, say, act }) {
  const { questions } = t.attempt;
  const blank = unanswered(questions);
  return html`
    ${questions.map((q) => html`<${Answering} key=${q.n} q=${q} t=${t} say=${say} act=${act} />`)}
    <div class="card">
      ${blank > 0 && html`<p class="quiet">${say("quiz.blank", { n: blank })}</p>`}
      ${t.sure
        ? html`<p>${say("quiz.sure")}</p><div class="row"><button type="button" class="primary" onClick=${() => act.taking.submit()}>${say("quiz.submit")}</button><button type="button" onClick=${() => act.taking.sure(false)}>${say("quiz.notyet")}</button></div>`
        : html`<button type="button" class="primary" onClick=${() => act.taking.sure(true)}>${say("quiz.submit")}</button>`}
    </div>`;
}

function Answering({ q, t, say, act }) {
  const closed = t.attempt.live && (t.attempt.live.phase !== "open" || t.attempt.live.question !== q.n);
  const more = (t.hints[q.n] ?? Math.min(t.attempt.hints, q.hints ?? 0) - (q.hints_taken?.length ?? 0)) > 0;
  return html`
    <section class="card" aria-labelledby=${`q-${q.n}`}>
      <h2 id=${`q-${q.n}`}>${say("quiz.question", { n: q.n, points: say.number(q.points) })}</h2>
      ${q.withdrawn && html`<p class="notice">${say("quiz.withdrawn")}</p>`}
      <${Question} question=${q} answer=${q.answer} name=${`q${q.n}`} say=${say} disabled=${closed} set=${(change) => act.taking.set(q.n, change)} />
      ${q.unread && html`<p class="bad" role="alert">${say("quiz.unread", { detail: q.unread })}</p>`}
      ${q.read_as && !q.unread && html`<p class="rest">${say("quiz.read", { what: q.read_as })}</p>`}
      ${q.grade && html`<${Grade} grade=${q.grade} say=${say} points=${q.points} />`}
      ${q.hints_taken?.map((h) => html`<p key=${h} class="notice">${h}</p>`)}
      ${more && html`<button type="button" class="small" onClick=${() => act.taking.hint(q.n)}>${say("quiz.hint", { cost: say.number(Math.round(t.attempt.hint_cost * 100)) })}</button>`}
      ${q.verified_on && html`<p class="rest">${say("quiz.verified", { on: q.verified_on })}</p>`}
    </section>`;
}

function Result({ t, say }) {
  if (t.notYet) return html`<p class="card">${t.notYet === true ? say("quiz.later") : say("quiz.when", { when: new Date(t.notYet).toLocaleString(say.lang) })}</p>`;
  if (!t.result) return null;
  const r = t.result;
  return html`
    <section class="card" aria-labelledby="sum"><h2 id="sum">${say("quiz.sum", { score: say.number(r.score), max: say.number(r.max) })}</h2></section>
    ${r.questions.map((q) => html`
      <section class="card" key=${q.n} aria-labelledby=${`r-${q.n}`}>
        <h2 id=${`r-${q.n}`}>${say("quiz.counted", { n: q.n, score: say.number(q.score), max: say.number(q.max) })}</h2>
        ${q.withdrawn && html`<p class="notice">${say("quiz.withdrawn")}</p>`}
        ${q.hint_cost > 0 && html`<p class="rest">${say("quiz.hintcost", { cost: say.number(q.hint_cost) })}</p>`}
        <${Question} question=${q.question} answer=${q.answer} name=${`r${q.n}`} say=${say} disabled=${true} set=${() => {}} />
        ${q.grade && html`<${Grade} grade=${q.grade} say=${say} points=${q.max} />`}
      </section>`)}`;
}
