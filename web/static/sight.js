// What only the window knows: how wide a ladder may be, and what is in sight.

/** A function that looks, after each drawing, for a ladder to measure; `told` gets its width, and each new one. */
export function measurer(told) {
  const watcher = new ResizeObserver((entries) => {
    const width = Math.floor(entries.at(-1).contentRect.width);
    if (width > 0) told(width); // 0: it has left the page
  });
  let measured = null;
  return () => {
    const box = document.querySelector(".ladder-box");
    if (box === measured) return;
    watcher.disconnect();
    if (box) watcher.observe(box);
    measured = box;
  };
}

/** Keeps the newest step in sight, above the film's controls. */
export function reveal() {
  const box = document.querySelector(".ladder-box");
  const bar = document.querySelector(".film");
  if (!box || !bar) return;
  const over = box.getBoundingClientRect().bottom - (innerHeight - bar.offsetHeight - 16);
  const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (over > 0) scrollBy({ top: over, behavior: quiet ? "auto" : "smooth" });
}
