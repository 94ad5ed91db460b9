import { once } from "node:events";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import WebSocket from "ws";
import type { streamAliveMs } from "../../src/api/index.ts";
import { Presence } from "../../src/controller/presence.ts";
import { together } from "../../src/controller/together.ts";
import { TestServer, until } from "./test-server.ts";

/** Who has the same lab or topology open, as streams of events tell it. */

/** How often streams ask whether who reads is there. */
const asking = vi.hoisted(() => ({ everyMs: 10_000 }));
vi.mock("../../src/api/stream-message.ts", async (original) => ({
  ...(await original<{ streamAliveMs: typeof streamAliveMs }>()),
  get streamAliveMs() {
    return asking.everyMs;
  },
}));

type Headers = Readonly<Record<string, string>>;
let server: TestServer;
const people: Record<string, Headers> = {};

beforeAll(async () => {
  server = await TestServer.start();
  const root = await server.signIn("root", "root's password");
  people["root"] = root;
  for (const project of ["demo", "other"])
    await server.call("POST", "/projects", { headers: root, body: { name: project } });
  for (const [name, displayName] of [
    ["ada", "Ada Lovelace"],
    ["grace", ""],
    ["vera", "Vera"],
    ["nora", "Nora"],
  ]) {
    const password = `${name}'s password`;
    await server.call("POST", "/users", { headers: root, body: { name, displayName, password } });
    people[name ?? ""] = await server.signIn(name ?? "", password);
  }
  for (const project of ["demo", "other"])
    for (const [name, role] of Object.entries({ ada: "operator", grace: "operator", vera: "viewer" }))
      await server.call("PUT", `/projects/${project}/members/${name}`, { headers: root, body: { role } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

type Told = {
  readonly id?: number;
  readonly type: string;
  readonly people: readonly { name: string }[];
  readonly count: number;
};

/** Somebody's stream of a project's events, and what it has told. */
class Stream implements AsyncDisposable {
  said = "";
  readonly #gone = new AbortController();
  readonly #ended: Promise<void>;
  isEnded = false;

  private constructor(response: Response) {
    this.#ended = this.#read(response).finally(() => {
      this.isEnded = true;
    });
  }

  static async open(name: string, query: string, project = "demo", headers: Headers = {}): Promise<Stream> {
    const response = await fetch(`${server.address}/api/v1/projects/${project}/events${query}`, {
      headers: { ...people[name], ...headers },
    });
    expect(response.status).toBe(200);
    return new Stream(response);
  }

  /** Until something is told of who is there: it is known to be open then. */
  static async at(name: string, place: string, project?: string): Promise<Stream> {
    const stream = await Stream.open(name, `?at=${place}`, project);
    await stream.until(() => stream.told.length > 0);
    return stream;
  }

  get events(): readonly Told[] {
    return [...this.said.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data) as Told);
  }

  /** The names, each time that they were told. */
  get told(): readonly string[] {
    return this.events.flatMap((one) => (one.type === "presence" ? one.people.map(({ name }) => name).join(" ") : []));
  }

  until(wanted: () => boolean): Promise<unknown> {
    return until(
      async () => (wanted() ? "as wanted" : this.said),
      (said) => said === "as wanted",
    );
  }

  last(names: string): Promise<unknown> {
    return this.until(() => this.told.at(-1) === names);
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    this.#gone.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done || value === undefined) return;
      this.said += decoder.decode(value, { stream: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gone.abort();
    await this.#ended;
  }
}

const socketOf = (name: string, query: string, options = {}): WebSocket =>
  new WebSocket(`${server.address.replace("http", "ws")}/api/v1/projects/demo/events${query}`, {
    headers: people[name] ?? {},
    ...options,
  });

it("comes and goes with who has it open, once however often that is", async () => {
  await using ada = await Stream.at("ada", "topologies/shop");
  expect(ada.told).toEqual([""]);
  const grace = await Stream.at("grace", "topologies/shop");
  expect(grace.told).toEqual(["ada"]);
  await ada.last("grace");
  expect(ada.events.at(-1)).toEqual({
    type: "presence",
    project: "demo",
    subject: "topologies/shop",
    people: [{ name: "grace", displayName: "" }],
    count: 1,
  });
  // By another way, and again.
  const socket = socketOf("grace", "?at=topologies/shop");
  const [message] = (await once(socket, "message")) as [Buffer];
  expect(JSON.parse(String(message)).people).toEqual([{ name: "ada", displayName: "Ada Lovelace" }]);
  await using again = await Stream.at("ada", "topologies/shop");
  expect(again.told).toEqual(["grace"]);
  await grace[Symbol.asyncDispose]();
  await using vera = await Stream.at("vera", "topologies/shop");
  await ada.last("grace vera");
  expect(vera.told).toEqual(["ada grace"]);
  socket.close();
  await ada.last("vera");
  // Nothing but what has changed was told, and of oneself nothing.
  expect(ada.told).toEqual(["", "grace", "grace vera", "vera"]);
});

it("is of one lab or topology of one project", async () => {
  await using ada = await Stream.at("ada", "labs/shop");
  await using elsewhere = await Stream.at("grace", "topologies/shop");
  await using other = await Stream.at("grace", "labs/shop", "other");
  await using nowhere = await Stream.open("vera", "?after=0");
  await using same = await Stream.at("root", "labs/shop");
  await ada.last("root");
  expect([ada.told, elsewhere.told, other.told, nowhere.told, same.told]).toEqual([
    ["", "root"],
    [""],
    [""],
    [],
    ["ada"],
  ]);
});

it("is for members, as long as they are, and who is none is not there", async () => {
  const refused = await server.call("GET", "/projects/demo/events?at=labs/shop", { headers: people["nora"] ?? {} });
  expect([refused.status, refused.body.code]).toEqual([404, "PROJECT_NOT_FOUND"]);
  expect((await server.call("GET", "/projects/demo/events?at=labs/shop")).status).toBe(401);
  for (const name of ["nora", "nobody"]) {
    const [, response] = (await once(socketOf(name, "?at=labs/shop"), "unexpected-response")) as [
      unknown,
      { statusCode: number; resume(): void },
    ];
    response.resume();
    expect(response.statusCode).toBe(name === "nora" ? 404 : 401);
  }
  const wrong = await server.call("GET", "/projects/demo/events?at=nodes/h1", { headers: people["ada"] ?? {} });
  expect([wrong.status, wrong.body.detail]).toEqual([400, "at: labs/NAME or topologies/NAME."]);

  await using ada = await Stream.at("ada", "labs/shop");
  await using vera = await Stream.at("vera", "labs/shop");
  await ada.last("vera");
  await server.call("DELETE", "/projects/demo/members/vera", { headers: people["root"] ?? {} });
  await ada.last("");
  await vera.until(() => vera.isEnded);
  expect(ada.told).toEqual(["", "vera", ""]);
});

it("ends for who does not answer any more", async () => {
  await using ada = await Stream.at("ada", "labs/shop");
  // Whoever is silent twice is let go of: the one that is opened now is asked often.
  asking.everyMs = 200;
  const mute = socketOf("grace", "?at=labs/shop", { autoPong: false });
  mute.on("error", () => undefined);
  const closed = once(mute, "close");
  await ada.until(() => ada.told.includes("grace"));
  await ada.last("");
  await closed;
  asking.everyMs = 10_000;
});

it("stands among the events, which come back from where a listener was", async () => {
  for (const version of [1, 2, 3])
    await server.call("PUT", "/projects/other/topologies/shop", {
      headers: people["ada"] ?? {},
      body: { text: `nodes: {h${version}: {}}\n` },
    });
  await using ada = await Stream.open("ada", "?at=topologies/shop&after=0", "other");
  await using grace = await Stream.at("grace", "topologies/shop", "other");
  await ada.last("grace");
  await ada.until(() => ada.events.length === 5);
  const stored = ada.events.filter(({ id }) => id !== undefined);
  expect(stored).toMatchObject(
    [1, 2, 3].map((version) => ({
      type: "topology.saved",
      subject: "shop",
      message: `Topology shop is saved as version ${version} by ada`,
    })),
  );
  // Each id belongs to the event behind it, and none to who is there.
  expect([...ada.said.matchAll(/^id: (\d+)\ndata: \{"id":(\d+),/gm)].map(([, id, inside]) => [id, inside])).toEqual(
    stored.map(({ id }) => [String(id), String(id)]),
  );
  expect(ada.said.match(/^id: /gm)).toHaveLength(3);
  await using back = await Stream.open("ada", "?at=topologies/shop", "other", {
    "last-event-id": String(stored[1]?.id),
  });
  await back.until(() => back.events.length === 2);
  expect(back.events.find(({ id }) => id !== undefined)).toEqual(stored[2]);
  expect(back.told).toEqual(["grace"]);
  expect(grace.events.some(({ id }) => id !== undefined)).toBe(false);
});

it("hears with it who changes the lab", async () => {
  const root = people["root"] ?? {};
  await server.deploy(root);
  await using ada = await Stream.at("ada", "labs/lab");
  const apply = (text: string) =>
    server.call("POST", "/projects/demo/labs/lab/apply", { headers: people["grace"] ?? {}, body: { text } });
  server.agent.refusesApply = true;
  expect((await apply("nodes: {h1: {}}\n")).status).toBeGreaterThanOrEqual(400);
  server.agent.refusesApply = false;
  expect((await apply("nodes: {h1: {}, h2: {}}\n")).status).toBe(200);
  const stored = () => ada.events.filter(({ id }) => id !== undefined);
  await ada.until(() => stored().length > 0);
  // What was refused has changed nothing.
  expect(stored()).toMatchObject([{ type: "lab.changed", subject: "lab", message: "Lab lab was changed by grace" }]);
  await server.call("DELETE", "/projects/demo/labs/lab", { headers: root });
});

it("tells so many, and of more their number; and what two tell, each in turn", async () => {
  const presence = new Presence();
  const gone = new AbortController();
  const user = (id: number) => ({ id: String(id), name: `u${id}`, display_name: `User ${id}` });
  for (let id = 0; id < 60; id++) await presence.follow("demo/labs/shop", user(id), gone.signal).next();
  const last = presence.follow("demo/labs/shop", user(60), new AbortController().signal);
  const first = await last.next();
  expect([first.value?.count, first.value?.people.length, first.value?.people[0]]).toEqual([
    60,
    50,
    { name: "u0", displayName: "User 0" },
  ]);
  // Also of who reads nothing.
  gone.abort();
  expect((await last.next()).value).toEqual({ people: [], count: 0 });

  async function* letters(...all: readonly string[]) {
    yield* all;
  }
  const heard: string[] = [];
  for await (const one of together(letters("a", "b", "c"), letters("1", "2"))) heard.push(one);
  expect(heard).toEqual(["a", "1", "b", "2", "c"]);
});

it("is no fault of the server's", () => expect(server.faults).toEqual([]));
