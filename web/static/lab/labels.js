// The words on a ladder: how wide they are, how they are cut, what a segment is called.

const wideChar = /[\u2e80-\uffef]/;

const guess = (narrow) => (text) => {
  let sum = 0;
  for (const c of text) sum += wideChar.test(c) ? narrow * 1.85 : narrow;
  return sum;
};

/** Widths in pixels by kind of text, where nothing can be measured. */
export const estimate = { note: guess(7.4), label: guess(6.9), pill: guess(7.6), phase: guess(8) };

/** Text cut into at most `most` lines that are at most `room` wide, at spaces where there are any. */
export function wrap(text, room, measure, most) {
  const lines = [];
  let rest = text;
  while (measure(rest) > room && lines.length < most - 1) {
    const cut = fits(rest, room, measure);
    lines.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  if (measure(rest) > room) rest = `${rest.slice(0, Math.max(1, fits(rest, room - measure("…"), measure)))}…`;
  lines.push(rest);
  return lines;
}

/** How many characters fit: up to a space, if one is not too far back. */
function fits(text, room, measure) {
  let n = 1;
  while (n < text.length && measure(text.slice(0, n + 1)) <= room) n++;
  const space = text.lastIndexOf(" ", n);
  return space > n / 3 ? space : n;
}

/** A number of the sequence space as people write it: what lies before zero is negative. */
export const relative = (n) => (n > 2 ** 31 ? n - 2 ** 32 : n);

export function numbersOf({ seq, ack, flags, len, count, last }) {
  if (count && !len) return `ack ${relative(ack)} … ${relative(last.ack)}`;
  const parts = [`seq ${relative(seq)}${count ? ` … ${relative(last.seq)}` : ""}`];
  if (flags.includes("ACK") && !count) parts.push(`ack ${relative(ack)}`);
  if (len) parts.push(`len ${len}`);
  return parts.join(" ");
}

export const flagsOf = ({ flags, count }) => `${flags.join(",")}${count ? ` ×${count}` : ""}`;

/** The label of a segment: {lines: [{flags, numbers, fate}], width}, in one line if there is room, else in two. */
export function labelOf(flight, measure, room) {
  const flags = flagsOf(flight);
  const numbers = numbersOf(flight);
  const fate = [flight.forged && "forged", ["lost", "held"].includes(flight.fate) && flight.fate].filter(Boolean);
  const tail = fate.length ? 14 * fate.length : 0; // words of any language: "(forged, lost)"
  const width = (words, more) => measure.label(words) + (more ? measure.label("m".repeat(more)) * 0.75 : 0);
  const one = { lines: [{ flags, numbers, fate }], width: width(`${flags} ${numbers}`, tail) };
  if (one.width <= Math.min(room, 250) && one.width <= room / 2) return one;
  const two = { lines: [{ flags, fate }, { numbers }], width: Math.max(width(flags, tail), width(numbers)) };
  return one.width <= room && two.width > room / 2 ? one : two;
}
