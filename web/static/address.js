// What the page's address names, behind its #, so that what is shown can be shared.

export const hash = () => new URLSearchParams(location.hash.slice(1));

/** Names what a view shows. Values that are "" or null are left out, but for the view's own. */
export function address(view, values) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value || key === view) params.set(key, value);
  if (hash().get("lang")) params.set("lang", hash().get("lang"));
  history.replaceState(null, "", `#${params}`.replace(/=(?=&|$)/g, "").replaceAll("%3A", ":").replaceAll("%2C", ","));
}
