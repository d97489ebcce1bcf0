// What the browser keeps for the next visit.

export const memory = {
  get: (key) => { try { return localStorage.getItem(`fourwave.${key}`); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(`fourwave.${key}`, value); } catch { /* a browser may forbid it */ } },
};
