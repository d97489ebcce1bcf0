// A client of fourwave's HTTP interface. Paths, parameters, bodies and answers are typed by openapi.yaml.

import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./contract.js";

export type { components, paths } from "./contract.js";

/** One world's run of a script, and what it came to. */
export type Lab = components["schemas"]["Lab"];
export type Problem = components["schemas"]["Problem"];

/** What the server refused: RFC 9457 problem details. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
  }
}

export interface Options {
  /** The server: `http://127.0.0.1:8080` if left out. */
  baseUrl?: string;
  /** The operator's token, a teacher's key or an attempt's secret. */
  token?: string;
  /** The language of texts: `en` or `zh`. */
  lang?: string;
}

/** The typed client: `client.GET("/v1/experiments")` and so on, which throw `Refused`. */
export function connect({ baseUrl = "http://127.0.0.1:8080", token, lang }: Options = {}): Client<paths> {
  const client = createClient<paths>({
    baseUrl,
    headers: { ...(token && { Authorization: `Bearer ${token}` }), ...(lang && { "Accept-Language": lang }) },
  });
  const refuse: Middleware = {
    async onResponse({ response }) {
      if (response.ok || response.status === 304) return;
      const body = await response.clone().json().catch(() => undefined);
      throw new Refused(response.status, body as Problem | undefined);
    },
  };
  client.use(refuse);
  return client;
}

/** Makes a lab and waits until it has ended, at most `seconds`. */
export async function run(client: Client<paths>, lab: components["schemas"]["LabRequest"], seconds = 60): Promise<Lab> {
  const { data } = await client.POST("/v1/labs", { body: lab, params: { header: { Prefer: `wait=${seconds}` } } });
  return data as Lab;
}
