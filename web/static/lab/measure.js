// How wide words are in this browser, in the fonts of the ladder.

import { estimate } from "./labels.js";

const fonts = { note: ["12px", "--mono"], label: ["600 11.5px", "--sans"], pill: ["600 11.5px", "--sans"], phase: ["600 13.5px", "--sans"] };

/** A function that gives the measure of labels: one object, as long as fonts do not change. */
export function measurer() {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return () => estimate;
  const style = getComputedStyle(document.documentElement);
  const measure = {};
  for (const [kind, [size, family]] of Object.entries(fonts)) {
    const font = `${size} ${style.getPropertyValue(family)}`;
    const known = new Map();
    measure[kind] = (text) => {
      if (!known.has(text)) {
        if (known.size > 20000) known.clear();
        pen.font = font;
        known.set(text, pen.measureText(text).width * 1.02 + 1);
      }
      return known.get(text);
    };
  }
  return () => measure;
}
