// The segment inspector: a segment's bytes beside words, why it was sent and what it did, and its place
// in sequence space.

import { html } from "../app/html.js";
import { Interfere } from "./interfere.js";
import { flagsOf, numbersOf, relative } from "./labels.js";

export function Inspector({ state, scene, say, act }) {
  const { world: name, id } = state.segment;
  const world = state.story.worlds.get(name);
  const flight = world?.flights.get(id);
  if (!flight) return null;
  const packet = state.bytes?.get(name)?.get(id);
  const other = counterpart(state, scene, name, flight);
  const title = `${flagsOf(flight)} ${numbersOf(flight)}`;
  return html`
    <aside class="inspector" aria-labelledby="inspector-title">
      <header><h2 id="inspector-title">${title}</h2>
        <button type="button" id="inspector-close" class="small" onClick=${() => act.lab.inspect(null)}>${say("close")}</button></header>
      <p class="quiet">${say("inspect.way", { from: say(flight.from), to: say(flight.to), world: say.has(`world.${name}`) ? say(`world.${name}`) : name })}, ${flight.departs}${flight.arrives ? ` → ${flight.arrives}` : ""}${flight.fate !== "arrived" ? `, ${say.has(`ladder.${flight.fate}`) ? say(`ladder.${flight.fate}`) : flight.fate}` : ""}</p>
      <${Interfere} state=${state} world=${world} flight=${flight} say=${say} act=${act} />
      <${Causes} world=${world} flight=${flight} say=${say} />
      <${Space} world=${world} flight=${flight} packets=${state.bytes?.get(name)} say=${say} />
      ${packet ? html`<${Bytes} packet=${packet} other=${other} flight=${flight} say=${say} />` : html`<p class="quiet">${say(state.bytes ? "inspect.none" : "inspect.loading")}</p>`}
    </aside>`;
}

/** The same segment in another world: the same step's segment with these flags from this host, as often as here. */
function counterpart(state, scene, name, flight) {
  for (const world of state.story.worlds.values()) {
    if (world.name === name || !state.bytes?.has(world.name)) continue;
    const alike = (w) => w.items.filter((i) => i.kind === "segment" && i.flight.from === flight.from && i.flight.flags.join() === flight.flags.join());
    const n = alike(state.story.worlds.get(name)).findIndex((i) => i.flight.id === flight.id);
    const twin = alike(world)[n]?.flight;
    if (twin) return { world: world.name, packet: state.bytes.get(world.name).get(twin.id) };
  }
  return null;
}

/** Which entry sent it, and which it led to. */
function Causes({ world, flight, say }) {
  const entries = world.items.filter((i) => i.kind === "state").map((i) => i.entry);
  const sender = entries.find((e) => e.flights?.includes(flight.id));
  const led = entries.filter((e) => e.of === flight.id);
  return html`
    <dl class="causes">
      ${sender && html`<div key="sent"><dt>${say("inspect.sent")}</dt><dd>${say("inspect.entry", { who: say(sender.host), event: sender.event, old: sender.from, fresh: sender.to })} ${sender.section && html`<span class="rest">${sender.section}</span>`}</dd></div>`}
      ${led.map((e, n) => html`<div key=${n}><dt>${say("inspect.led")}</dt><dd>${say("inspect.entry", { who: say(e.host), event: e.event, old: e.from, fresh: e.to })} ${e.section && html`<span class="rest">${e.section}</span>`}</dd></div>`)}
      ${flight.note && html`<div key="note"><dt>${say("inspect.note")}</dt><dd>${flight.note}</dd></div>`}
    </dl>`;
}

/** What the sender has sent, what of it is acknowledged, where this segment stands, and how far the window reaches. */
export function spaceOf(world, flight, packets) {
  const size = (f) => f.len + (f.flags.includes("SYN") ? 1 : 0) + (f.flags.includes("FIN") ? 1 : 0);
  const before = [...world.flights.values()].filter((f) => f.id < flight.id && f.src === flight.src && f.dst === flight.dst);
  const heard = [...world.flights.values()].filter((f) => f.id < flight.id && f.src === flight.dst && f.dst === flight.src && f.fate === "arrived" && f.ack !== undefined);
  const seq = relative(flight.seq);
  const una = Math.max(0, ...heard.map((f) => relative(f.ack)));
  const nxt = Math.max(seq + size(flight), ...before.map((f) => relative(f.seq) + size(f)));
  const last = heard.at(-1);
  const syn = [...world.flights.values()].find((f) => f.src === flight.dst && f.dst === flight.src && f.flags.includes("SYN"));
  const scale = last && !last.flags.includes("SYN") ? packets?.get(syn?.id)?.tcp.scale ?? 0 : 0;
  const window = last && packets?.get(last.id)?.tcp.window;
  return { una, nxt, seq, end: seq + size(flight), wnd: window === undefined || window === null ? null : relative(last.ack) + window * 2 ** scale };
}

function Space({ world, flight, packets, say }) {
  const { una, nxt, seq, end, wnd } = spaceOf(world, flight, packets);
  const low = Math.min(una, seq);
  const span = Math.max(nxt, end, una + 1) - low || 1;
  const pad = span * 0.15 + 0.5;
  const x = (n) => `${(((n - low + pad) / (span + 2 * pad)) * 100).toFixed(2)}%`;
  const width = (a, b) => `${((Math.max(0, b - a) / (span + 2 * pad)) * 100).toFixed(2)}%`;
  return html`
    <figure class="space">
      <svg height="34" role="img" aria-label=${say("inspect.space", { una, nxt, seq, end })}>
        <rect class="base" x="0" y="10" width="100%" height="12" />
        <rect class="acked" x="0" y="10" width=${x(una)} height="12" />
        <rect class="flight" x=${x(una)} y="10" width=${width(una, nxt)} height="12" />
        ${end > seq ? html`<rect class="this" x=${x(seq)} y="6" width=${width(seq, end)} height="20" />` : html`<rect class="this" x=${x(seq)} y="6" width="2" height="20" />`}
      </svg>
      <figcaption>${say("inspect.space", { una, nxt, seq, end })}${wnd !== null && ` ${say("inspect.window", { wnd })}`}</figcaption>
    </figure>`;
}

const digits = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(" ");

/** Every field with its bytes, and what the other world has in its place. */
function Bytes({ packet, other, say }) {
  const layers = [...new Set(packet.fields.map((f) => f.layer))];
  const theirs = (f) => other?.packet?.fields.find((g) => g.layer === f.layer && g.name === f.name);
  return html`
    <table class="bytes">
      <caption>${say("inspect.bytes", { n: packet.length })}</caption>
      <thead class="hidden"><tr><th scope="col">${say("inspect.field")}</th><th scope="col">${say("inspect.octets")}</th><th scope="col">${say("inspect.value")}</th></tr></thead>
      ${layers.map((layer) => html`
        <tbody key=${layer}>
          <tr class="layer"><th colspan="3" scope="rowgroup">${say(`layer.${layer}`)}</th></tr>
          ${packet.fields.filter((f) => f.layer === layer).map((f) => {
            const twin = theirs(f);
            const differs = twin && twin.text !== f.text;
            return html`
              <tr key=${f.at} class=${differs ? "differs" : ""}>
                <th scope="row">${say(`field.${f.name}`)}</th>
                <td><code>${digits(packet.bytes.subarray(f.at, f.at + Math.min(f.size, 12)))}${f.size > 12 ? " …" : ""}</code></td>
                <td>${f.text}${differs && html` <span class="rest">≠ ${say.has(`world.${other.world}`) ? say(`world.${other.world}`) : other.world}: ${twin.text}</span>`}</td>
              </tr>`;
          })}
        </tbody>`)}
    </table>`;
}
