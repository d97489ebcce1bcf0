// What the page's address names, behind its #, so that what is shown can be shared.

export const hash = () => new URLSearchParams(location.hash.slice(1));

/** A value that the address gives behind its # or its ?. */
export const asked = (key) => hash().get(key) || new URLSearchParams(location.search).get(key);

/**
 * Names what a view shows. Values that are "" or null are left out, but for the view's own.
 * `enter` makes it a place of its own, to which Back returns.
 */
export function address(view, values, { enter = false } = {}) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value || key === view) params.set(key, value);
  if (hash().get("lang")) params.set("lang", hash().get("lang"));
  const url = `#${params}`.replace(/=(?=&|$)/g, "").replaceAll("%3A", ":").replaceAll("%2C", ",");
  if (url === location.hash) return;
  if (enter && location.hash) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}

const longest = 6000; // of what is put into an address

/** A text made short for an address; "" if it would be too long. */
export async function pack(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const packed = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return packed.length > longest ? "" : packed;
}

const most = 1 << 20; // of a text out of an address: more is a trap

/** The text that pack() made short; null if it is none. */
export async function unpack(packed) {
  try {
    const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return text;
      text += value;
      if (text.length > most) return null;
    }
  } catch {
    return null;
  }
}
