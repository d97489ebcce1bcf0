// The words of the page. Texts of experiments and rules come from the server.

const words = {}; // by language, those that were loaded

export const languages = [
  { id: "en", name: "English", tag: "en" },
  { id: "zh", name: "中文", tag: "zh-CN" },
];

const library = {}; // by language: what the library's scripts say between their lines, by its English

/** Fetches the words of a language, once. */
export async function load(lang) {
  if (words[lang]) return;
  const [own, scripts] = await Promise.all([import(`../words/${lang}.js`), lang !== "en" && import(`../words/library.${lang}.js`)]);
  library[lang] = scripts ? scripts.default : {};
  words[lang] = own.default;
}

const known = (id) => languages.some((l) => l.id === id);

/** The language of a first visit: what was chosen before, else what the browser prefers. */
export function firstLanguage(remembered, preferred) {
  if (known(remembered)) return remembered;
  for (const tag of preferred || []) {
    const id = String(tag).slice(0, 2).toLowerCase();
    if (known(id)) return id;
  }
  return "en";
}

/**
 * A function from key to text in a language that was loaded; {name} in a text is filled from the second argument.
 * `instead` has texts that take the place of some.
 */
export function speaker(lang, instead = {}) {
  const own = { ...words[lang], ...instead };
  const say = (key, fill) => {
    const text = own[key] ?? key;
    return fill ? text.replace(/\{(\w+)\}/g, (m, name) => fill[name] ?? m) : text;
  };
  say.lang = lang;
  /** A line of a script, in this language if the library has it; a reader's own lines stay as they are. */
  say.line = (text) => library[lang]?.[text] ?? text;
  say.has = (key) => key in own;
  /** A count, in the groups of digits that the language writes. */
  say.number = (n) => n.toLocaleString(lang);
  /** Sentences one after the other. */
  say.sentences = (list) => list.join(lang === "zh" ? "" : " ");
  /** A length of time in seconds, in words that fit its size. */
  say.time = (s) => length(s, lang);
  return say;
}

function length(s, lang) {
  const [min, sec] = lang === "zh" ? [" 分", " 秒"] : [" min", " s"];
  if (s >= 120) {
    const rest = Math.round(s % 60);
    return rest ? `${Math.floor(s / 60)}${min} ${rest}${sec}` : `${Math.floor(s / 60)}${min}`;
  }
  if (s >= 10) return `${Math.round(s)}${sec}`;
  if (s >= 1) return `${Number(s.toFixed(1))}${sec}`;
  return lang === "zh" ? `${Math.round(s * 1000)} 毫秒` : `${Math.round(s * 1000)} ms`;
}
