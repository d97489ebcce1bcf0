// "Make it on my machine": the lab's script as a program in C, Go or Python, to read, copy and save.

import { html } from "../app/html.js";
import { text, Problem } from "../app/api.js";

const languages = [["c", "C", ".c"], ["go", "Go", ".go"], ["python", "Python", ".py"]];

export const newProgram = () => ({ language: "", code: "", refused: "", line: 0 });

export function programActs({ state, draw, attempt, say, act }) {
  return {
    /** Fetches the program in a language; the same language again closes it. */
    program(language) {
      if (state.program.language === language) return void ((state.program = newProgram()), draw());
      const { id } = state.lab;
      state.program = { ...newProgram(), language };
      attempt(async () => {
        try {
          const code = await text(`/v1/labs/${id}/program?language=${language}`, { lang: state.lang });
          if (state.lab?.id === id && state.program.language === language) state.program = { ...newProgram(), language, code };
        } catch (err) {
          if (!(err instanceof Problem) || err.status !== 422) throw err;
          const [first] = err.errors;
          if (state.lab?.id === id) state.program = { ...newProgram(), language, refused: first?.detail ?? err.message, line: first?.line ?? 0 };
        }
      });
    },

    async copyProgram() {
      await act.copy(state.program.code);
      state.said = say("curl.copied");
    },
  };
}

export function Program({ state, say, act }) {
  const { language, code, refused, line } = state.program;
  const name = state.experiment?.id ?? "experiment";
  const [, , ending] = languages.find(([id]) => id === language) ?? [];
  const step = state.lab.steps.findIndex((s) => s.line === line);
  return html`
    <section class="program" aria-labelledby="program-title">
      <h2 id="program-title">${say("program")}</h2>
      <p class="quiet">${say("program.lead")}</p>
      <p class="row">${languages.map(([id, words]) => html`
        <button type="button" key=${id} class="small" aria-pressed=${language === id ? "true" : "false"} onClick=${() => act.lab.program(id)}>${words}</button>`)}</p>
      ${refused && html`<p class="notice" role="status" key="refused">${step >= 0 ? say("program.refused.step", { n: step + 1, reason: refused }) : say("program.refused", { reason: refused })}</p>`}
      ${code && html`
        <pre class="script code" tabindex="0" role="region" aria-label=${say("program")} key="code">${code}</pre>
        <p class="row" key="take">
          <button type="button" class="small" onClick=${() => act.lab.copyProgram()}>${say(act.copied() === code ? "curl.copied" : "curl.copy")}</button>
          <a download=${name + ending} href=${`data:text/plain;charset=utf-8,${encodeURIComponent(code)}`}>${say("program.save", { name: name + ending })}</a>
        </p>`}
    </section>`;
}
