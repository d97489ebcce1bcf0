// A moment in words, one sentence: what happened and what it led to.

import { flagsOf } from "./labels.js";
import { resultClass } from "../app/html.js";

/** The sentence of the moment that a scene shows, as its first world with a word on it tells it. */
export function narrate(scene, lab, say) {
  const moment = scene.moments[scene.moment];
  if (!moment) return "";
  const i = moment.beats.findIndex((b) => b && b.kind !== "skipped" && scene.shown.includes(scene.order[moment.beats.indexOf(b)]?.name));
  const beat = i >= 0 ? moment.beats[i] : moment.beats.find(Boolean);
  const world = scene.order[moment.beats.indexOf(beat)];
  return tell(beat, world, say);
}

/** A beat of a world in one sentence or two. */
export function tell(beat, world, say) {
  return capital(told(beat, world, say));
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function told(beat, world, say) {
  if (beat.kind === "skipped") return say("tell.skipped", { text: beat.calls.map((c) => c.step.text).join(" & ") });
  if (beat.calls.length > 0) return called(beat, world, say);
  if (beat.arrivals.length > 0) return arrived(beat, say);
  return expired(beat, say);
}

function called(beat, world, say) {
  const sentences = beat.calls.map(({ step }) => {
    const r = step.results?.[world.name];
    const refused = resultClass({ result: r?.result ?? "" }).includes("errno");
    const words = say("tell.call", { who: say(`who.${step.actor}`), text: step.text, result: r?.result ?? "" });
    return refused && r.why ? say.sentences([words, capital(r.why.text)]) : words;
  });
  return say.sentences([...sentences, ...changes(beat, say), ...sent(beat, say)]);
}

function arrived(beat, say) {
  const words = beat.arrivals.map(({ flight }) => {
    const change = beat.states.find((s) => s.entry.host === flight.to && s.entry.from !== s.entry.to);
    const fill = { from: say(`whose.${flight.from}`), to: say(`who.${flight.to}`), flags: flagsOf(flight), rest: flight.len ? say("tell.len", { n: flight.len }) : "" };
    if (!change) return say("tell.arrives", fill);
    return say("tell.takes", { ...fill, old: change.entry.from, fresh: change.entry.to });
  });
  return say.sentences([...words, ...sent(beat, say)]);
}

function expired(beat, say) {
  const entry = beat.states[0]?.entry;
  const words = entry ? [say("tell.timer", { who: say(`who.${entry.host}`), event: entry.event })] : [];
  return say.sentences([...words, ...changes(beat, say), ...sent(beat, say)]);
}

function changes(beat, say) {
  return beat.states
    .filter(({ entry }) => entry.from !== entry.to)
    .map(({ entry, one }) => say("tell.change", { who: one.name || say(`who.${entry.host}`), old: entry.from, fresh: entry.to }));
}

function sent(beat, say) {
  return beat.departures
    .filter(({ flight }) => !flight.forged || beat.kind === "call")
    .map(({ flight }) => {
      const key = flight.forged ? "tell.forged" : flight.fate === "lost" ? "tell.lost" : flight.fate === "held" ? "tell.held" : beat.kind === "arrival" ? "tell.answers" : "tell.sends";
      return say(key, { who: say(`who.${flight.from}`), flags: flagsOf(flight) });
    });
}
