// An adapter in a language that is not Python: Node's own `node:http`, with a router of some
// lines, because `node:http` has none. Written from docs/adapter-protocol.md.
//
//     trueline run -- node adapter.mjs

import { createHash } from "node:crypto";
import { createServer, STATUS_CODES } from "node:http";
import { createInterface } from "node:readline";

const TEXT = "text/plain; charset=utf-8";

// -- A little framework -------------------------------------------------------------------------

/** What a handler throws for a response that is an error. */
class HttpError extends Error {
  constructor(status, text, headers = []) {
    super(text ?? STATUS_CODES[status] ?? String(status));
    Object.assign(this, { name: "HttpError", status, headers });
  }
}

/** The path and the query of a target, which may be `*` or `http://host/path` too. */
function splitTarget(target) {
  const [, path, query] = /^(?:https?:\/\/[^/?]*)?([^?]*)\??(.*)$/is.exec(target);
  return { path: path || "/", query };
}

function decodedSegments(path) {
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    throw new HttpError(400); // octets that are not UTF-8, or a % without two digits
  }
}

/** The params of a path that the route has, else null. */
function match(route, segments) {
  if (route.segments.length !== segments.length) return null;
  const params = {};
  for (const [at, expected] of route.segments.entries()) {
    const name = /^\{(\w+)\}$/.exec(expected)?.[1];
    if (name ? segments[at] === "" : segments[at] !== expected) return null;
    if (name) params[name] = segments[at];
  }
  return params;
}

/** The first route for a request, as it was registered, with its params. */
function find(routes, method, path) {
  const segments = decodedSegments(path);
  const there = routes
    .map((route) => ({ route, params: match(route, segments) }))
    .filter(({ params }) => params !== null);
  if (there.length === 0) throw new HttpError(404);
  const found =
    there.find(({ route }) => route.method === method) ??
    there.find(({ route }) => method === "HEAD" && route.method === "GET");
  if (found) return found;
  const allowed = new Set(there.map(({ route }) => route.method));
  if (allowed.has("GET")) allowed.add("HEAD");
  throw new HttpError(405, undefined, [["Allow", [...allowed].join(", ")]]);
}

function send(response, { status = 200, reason, type = TEXT, headers = [], body = "" }) {
  const octets = Buffer.from(body);
  const fields = [...headers];
  const has = (field) => fields.some(([name]) => name.toLowerCase() === field);
  const empty = status < 200 || status === 204 || status === 304;
  if (!empty && !has("content-type")) fields.push(["Content-Type", type]);
  if (!empty && !has("content-length")) fields.push(["Content-Length", String(octets.length)]);
  response.writeHead(status, reason ?? STATUS_CODES[status] ?? "Unknown", fields.flat());
  response.end(octets);
}

/** Answers for a handler that threw; what has begun already can only be broken off. */
function fail(response, error) {
  if (response.headersSent) return response.destroy();
  if (!(error instanceof HttpError)) {
    console.error(error);
    error = new HttpError(500); // the message of a crash is for the log
  }
  try {
    send(response, { status: error.status, headers: error.headers, body: error.message });
  } catch (unwritable) {
    fail(response, unwritable); // such as a Location with a line break in it
  }
}

async function readBody(request, limit = Infinity) {
  const pieces = [];
  let length = 0;
  // Without destroyOnReturn the loop, left early, would take the connection with it.
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    length += piece.length;
    if (length > limit) throw new HttpError(413);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

// -- Applications that are described as data ----------------------------------------------------

class Unsupported extends Error {}

/** What a handler does, by the name of its action: `about` is the action's argument. */
const ACTIONS = {
  echo(_, { route, request, response, params, body }) {
    const { path, query } = splitTarget(request.url);
    const seen = {
      nonce,
      route: route.id,
      method: request.method,
      path: decodeURIComponent(path),
      raw_path: path,
      params,
      query: [...new URLSearchParams(`?${query}`)],
      headers: pairs(request.rawHeaders),
      body: body && { length: body.length, sha256: sha256(body) },
    };
    send(response, { type: "application/json", body: JSON.stringify(seen) });
  },

  respond({ text = "", base64, content_type: type, cookies = [], ...about }, { response }) {
    const body = base64 === undefined ? text : Buffer.from(base64, "base64");
    const set = cookies.map(([name, value]) => ["Set-Cookie", `${name}=${value}; Path=/`]);
    send(response, { ...about, type, headers: [...(about.headers ?? []), ...set], body });
  },

  raise_http({ status, text, location, headers = [] }) {
    throw new HttpError(status, text, location ? [...headers, ["Location", location]] : headers);
  },

  crash({ message }) {
    throw new Error(message);
  },

  async stream({ chunks: given, times = 1, content_type, crash_after, gate }, { app, say, response }) {
    response.writeHead(200, { "Content-Type": content_type });
    const chunks = Array(times).fill(given).flat();
    for (const [at, chunk] of chunks.slice(0, crash_after).entries()) {
      response.write(chunk);
      if (at === 0 && gate) await app.wait(gate, say);
    }
    if (crash_after !== undefined) throw new Error("crashed within a stream");
    response.end();
  },

  async wait({ gate, then }, context) {
    await context.app.wait(gate, context.say);
    await act(then ?? { echo: {} }, context);
  },

  async read_body({ how, then }, context) {
    const body = how === "none" ? null : await readBody(context.request, context.app.limits.body);
    if (how === "json") parseJson(body);
    await act(then, { ...context, body });
  },

  state({ key }, { app, response }) {
    send(response, { body: app.stored.get(key) ?? "" });
  },

  params({ names }, { params, response }) {
    send(response, { body: names.map((name) => params[name]).join("/") });
  },

  async mirror(_, { app, request, response }) {
    const body = await readBody(request, app.limits.body);
    send(response, { type: "application/octet-stream", body });
  },

  async json(_, { app, request, response }) {
    const document = parseJson(await readBody(request, app.limits.body));
    send(response, { type: "application/json", body: JSON.stringify(document) });
  },
};

// A hook has nobody to answer: what is to come behind its `wait` is left out.
const HOOK_ACTIONS = {
  store: ({ key, value }, { app }) => void app.stored.set(key, value),
  crash: ACTIONS.crash,
  wait: ({ gate }, { app, say }) => app.wait(gate, say),
};

async function act(action, context, actions = ACTIONS) {
  const [[name, about]] = Object.entries(action);
  await actions[name](about, context);
}

/** Whether an action waits at a gate, which is told of a quiet application as well. */
function waits(action) {
  const [[name, about]] = Object.entries(action);
  return name === "wait" || "gate" in about || (about.then ? waits(about.then) : false);
}

function sha256(octets) {
  return createHash("sha256").update(octets).digest("hex");
}

function parseJson(body) {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new HttpError(400);
  }
}

function pairs(flat) {
  return flat.flatMap((name, at) => (at % 2 ? [] : [[name, flat[at + 1]]]));
}

/** Throws Unsupported for what `node:http` and this file have no way to express. */
function requireSupported(app) {
  const supported = (action, actions) => {
    const [[name, about]] = Object.entries(action);
    if (!(name in actions)) throw new Unsupported(name);
    if (name === "crash" && about.kind === "base") throw new Unsupported("crash of kind base");
    if (name === "read_body" && about.how === "form") throw new Unsupported("forms");
    if (about.then && actions === ACTIONS) supported(about.then, actions);
  };
  if (app.middlewares?.length) throw new Unsupported("middlewares");
  if (app.hooks?.cleanup?.length) throw new Unsupported("cleanup hooks");
  if (app.debug) throw new Unsupported("a debug mode");
  for (const route of app.routes) supported(route.do, ACTIONS);
  const hooks = [...(app.hooks?.startup ?? []), ...(app.hooks?.shutdown ?? [])];
  for (const hook of hooks) if (hook.do) supported(hook.do, HOOK_ACTIONS);
}

class Application {
  constructor(id, { routes, middlewares, debug, quiet, hooks = {}, limits = {}, ...more }) {
    const known = new Set(["body", "drain_s"]);
    const unknown = [...Object.keys(limits).filter((name) => !known.has(name)), ...Object.keys(more)];
    if (unknown.length > 0) throw new Unsupported(unknown.join(", "));
    Object.assign(this, { id, hooks, limits, quiet, stored: new Map(), gates: new Map() });
    this.routes = routes.map((route) => ({ ...route, segments: route.path.split("/") }));
    this.server = createServer((request, response) => this.answer(request, response));
  }

  gate(name) {
    if (!this.gates.has(name)) {
      let open;
      const opened = new Promise((resolve) => (open = resolve));
      this.gates.set(name, { open, opened });
    }
    return this.gates.get(name);
  }

  wait(gate, say) {
    say("wait", { gate });
    return this.gate(gate).opened;
  }

  /** Calls what the harness wants to hear of: `enter` before it, `leave` or `raise` behind it. */
  async call(who, request, called) {
    const say = (event, data = {}) => {
      if (request !== "trueline-ready") tell({ event, app: this.id, who, request, data });
    };
    say("enter");
    try {
      await called(say);
    } catch (error) {
      say("raise", { exception: error.name });
      throw error;
    }
    say("leave");
  }

  async answer(request, response) {
    try {
      const { route, params } = find(this.routes, request.method, splitTarget(request.url).path);
      const id = request.headers["x-request-id"] ?? null;
      const context = { app: this, route, request, response, params, body: null };
      if (this.quiet && !waits(route.do)) return await act(route.do, context);
      await this.call(route.id, id, (say) => act(route.do, { ...context, say }));
    } catch (error) {
      fail(response, error);
    }
  }

  async runHooks(hooks = []) {
    for (const { id, do: action } of hooks) {
      await this.call(id, null, (say) => action && act(action, { app: this, say }, HOOK_ACTIONS));
    }
  }

  async start() {
    await this.runHooks(this.hooks.startup);
    await new Promise((resolve, reject) => {
      this.server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return this.server.address().port;
  }

  async stop() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    const { drain_s: drainS } = this.limits;
    const cut = () => this.server.closeAllConnections();
    const timer = drainS === undefined ? undefined : setTimeout(cut, drainS * 1000);
    await closed;
    clearTimeout(timer);
    await this.runHooks(this.hooks.shutdown);
  }
}

// -- The protocol -------------------------------------------------------------------------------

const applications = new Map();
let nonce = null;

function tell(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

const OPERATIONS = {
  hello(message) {
    nonce = message.nonce;
    return {
      protocol: 1,
      name: "node:http",
      version: process.versions.node,
      language: "JavaScript",
      runtime: `Node.js ${process.versions.node}`,
      homepage: "https://nodejs.org/api/http.html",
      capabilities: [],
      dialect: {
        precedence: "registration",
        duplicate_route: "first",
        invalid_utf8: "400",
        failing_shutdown_hook: "ends_them",
        hooks_and_drain: "after",
      },
    };
  },

  async start({ id, app }) {
    try {
      requireSupported(app);
      applications.set(id, new Application(id, app)); // known before it runs: its hooks may wait
      return { id, host: "127.0.0.1", port: await applications.get(id).start() };
    } catch (error) {
      applications.delete(id);
      const unsupported = error instanceof Unsupported;
      const { message } = error;
      return {
        id,
        error: unsupported ? { kind: "unsupported", what: message } : { kind: "rejected", message },
      };
    }
  },

  release({ id, gate }) {
    applications.get(id).gate(gate).open();
    return { id };
  },

  sync: ({ id }) => ({ id }),

  async stop({ id }) {
    try {
      await applications.get(id).stop();
      return { id };
    } catch (error) {
      return { id, error: { kind: "failed", message: String(error) } };
    } finally {
      applications.delete(id); // not before: its hooks may wait for a gate
    }
  },

  quit: () => ({}),
};

const input = createInterface({ input: process.stdin });
input.on("line", async (line) => {
  const message = JSON.parse(line);
  tell({ re: message.op, ...(await OPERATIONS[message.op](message)) });
  if (message.op === "quit") process.exit(0);
});
input.on("close", () => process.exit(0));
