// The words of the page. Texts of experiments and rules come from the server.

import en from "../words/en.js";
import zh from "../words/zh.js";

const words = { en, zh };

export const languages = [
  { id: "en", name: "English", tag: "en" },
  { id: "zh", name: "中文", tag: "zh-CN" },
];

/** The language of a first visit: what was chosen before, else what the browser prefers. */
export function firstLanguage(remembered, preferred) {
  if (words[remembered]) return remembered;
  for (const tag of preferred || []) {
    const id = String(tag).slice(0, 2).toLowerCase();
    if (words[id]) return id;
  }
  return "en";
}

/** A function from key to text in one language; {name} in a text is filled from the second argument. */
export function speaker(lang) {
  const own = words[lang] || en;
  const say = (key, fill) => {
    const text = own[key] ?? en[key] ?? key;
    return fill ? text.replace(/\{(\w+)\}/g, (m, name) => fill[name] ?? m) : text;
  };
  say.lang = lang;
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
