// The kernel's side of a static site: runs recorded when the site was made, each a lab as the server
// gave it, with its events. They are shown as what they are, with the kernel's release and the day.

const prefix = "recorded-"; // of the ids of labs that are files

const json = (body, status = 200) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

/** Wraps the models' `ask` so that what only a kernel can answer comes from the site's files. */
export function recorder(site, ask) {
  const known = new Map(); // recorded labs by id and language
  let index;

  const listed = () => (index ??= fetch(new URL("recorded/index.json", site)).then((a) => (a.ok ? a.json() : { experiments: [] }), () => ({ experiments: [] })));

  async function load(id, lang) {
    const key = `${lang} ${id}`;
    if (!known.has(key)) known.set(key, await fetch(new URL(`recorded/${lang}/${id}.json`, site)).then((a) => a.json()));
    return known.get(key);
  }

  /** The models' capabilities, and the kernel as a world whose runs were recorded. */
  async function capabilities(path, init) {
    const answer = await ask(path, init);
    const body = await answer.json();
    const { release, date, experiments } = await listed();
    if (experiments.length > 0) {
      body.worlds.push({ name: "kernel", time: "real", clock: "real", runs: true, recorded: { release, date, experiments } });
      body.system.kernel = release;
    }
    return json(body);
  }

  /** A new lab: a recorded one where the kernel is wanted and was recorded; else the models'. */
  async function create(path, init, lang) {
    const body = JSON.parse(init.body);
    if (!body.worlds?.includes("kernel")) return ask(path, init);
    const { experiments } = await listed();
    if (body.experiment && experiments.includes(body.experiment)) return json((await load(body.experiment, lang)).lab, 201);
    const worlds = body.worlds.filter((w) => w !== "kernel");
    return ask(path, { ...init, body: JSON.stringify({ ...body, worlds: worlds.length ? worlds : ["model"] }) });
  }

  /** A fork of a recorded lab is one of the same script on the model. */
  async function fork(id, init, lang) {
    const { lab } = await load(id, lang);
    const made = await ask("/v1/labs", { ...init, body: JSON.stringify({ script: lab.script, worlds: ["model"] }) });
    const { id: own } = await made.json();
    return ask(`/v1/labs/${own}/forks`, init);
  }

  async function recorded(url, init, lang) {
    const [, , , name, what] = url.pathname.split("/");
    const id = name.slice(prefix.length);
    if (what === "forks") return fork(id, init, lang);
    if (what === "program") return ask(`/v1/experiments/${id}/program${url.search}`, init);
    if (what === "trace") {
      const ending = url.searchParams.get("format") === "pcapng" ? "pcapng" : "json";
      return fetch(new URL(`recorded/${id}-${url.searchParams.get("world")?.replaceAll(":", "-")}.${ending}`, site));
    }
    const { lab, events } = await load(id, lang);
    if (what !== "events") return json(lab);
    const after = Number(url.searchParams.get("after") ?? 0);
    return json({ events: events.filter((e) => e.id > after).slice(0, 1000) });
  }

  return async (path, init = {}) => {
    const url = new URL(path, "http://localhost");
    const lang = String(init.headers?.["Accept-Language"] ?? "en").startsWith("zh") ? "zh" : "en";
    if (url.pathname === "/v1/capabilities") return capabilities(path, init);
    if (url.pathname === "/v1/labs" && init.method === "POST" && typeof init.body === "string") return create(path, init, lang);
    if (url.pathname.startsWith(`/v1/labs/${prefix}`)) return init.method === "DELETE" ? new Response(null, { status: 204 }) : recorded(url, init, lang);
    return ask(path, init);
  };
}
