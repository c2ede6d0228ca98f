// What can't be read: who may look at its bytes, what is written down of that, and that nobody else is shown them.
import { afterEach, expect, it } from "vitest";
import type { BytesAnswer, DetailAnswer, ErrorAnswer } from "../../src/admin/contract.ts";
import { exampleTask, failed } from "../../src/testing/store/examples.ts";
import { add, AdminUnderTest } from "./admin-under-test.ts";

const envelope = 'no envelope, but password=hunter2, "<b>" and \u{1f511}';
const tokenOf = (name: string): string => `${name}-${"x".repeat(32)}`;
const as = (name: string): { headers: Record<string, string>; address: string } => ({
  headers: { authorization: `Bearer ${tokenOf(name)}` },
  address: "10.0.0.9",
});

let under: AdminUnderTest;
afterEach(() => under.close());

function open(): void {
  under = new AdminUnderTest({
    debug: false,
    authenticate: {
      tokens: {
        anna: { token: tokenOf("anna"), role: "admin" },
        sees: { token: tokenOf("sees"), role: "viewer", grants: ["queued.raw", "failure.raw"] },
        some: { token: tokenOf("some"), role: "viewer", grants: ["failure.raw"] },
      },
    },
    authorize: (user, permission, object) =>
      user.name === "some" && permission === "failure.raw" && object !== undefined ? false : undefined,
  });
}

async function unreadable(end: boolean): Promise<string> {
  const store = await under.store();
  const task = exampleTask({ func: "math.add", envelope });
  await store.enqueue([task]);
  if (end) {
    const [running] = await under.claim();
    await store.finish([failed(running!, { outcome: "quarantined" })]);
  }
  return task.id;
}

it.each([
  ["queued", false],
  ["failure", true],
] as const)(
  "the bytes of an unreadable task are shown with %s.raw only, and that is logged",
  async (model, end) => {
    open();
    const id = await unreadable(end);
    for (const page of [model, "task"]) {
      const seen = await under.get<DetailAnswer>(`/api/models/${page}/${id}`, as("sees"));
      expect(seen.json.bytes).toBe(`models/${model}/${id}/bytes`);
      const hidden = await under.get<DetailAnswer>(`/api/models/${page}/${id}`, as("anna"));
      expect([hidden.status, hidden.json.bytes]).toEqual([200, null]);
      expect(hidden.text).not.toContain("hunter2");
    }
    const address = `/api/models/${model}/${id}/bytes`;
    const { json } = await under.get<BytesAnswer>(address, as("sees"));
    expect(json).toMatchObject({ unreadable: "*BadEnvelope", why: expect.stringMatching(/./) });
    expect(Buffer.from(json.base64, "base64").toString()).toBe(envelope);
    expect((await under.get(address, as("anna"))).status).toBe(403);
    expect((await under.get(address, as("some"))).status).toBe(403);
    const audits = await (await under.store()).audits(9);
    expect(audits.map(({ who, action, object, outcome = "done" }) => [who, action, object, outcome])).toEqual(
      [
        ["some", `${model}.raw`, id, "refused"],
        ["anna", `${model}.raw`, id, "refused"],
        ["sees", `${model}.raw`, id, "done"],
      ],
    );
  },
);

it("what can be read has no bytes to show, whoever asks", async () => {
  open();
  const id = await under.enqueue(add, { a: 1 });
  expect((await under.get<DetailAnswer>(`/api/models/queued/${id}`, as("sees"))).json.bytes).toBe(null);
  expect((await under.get(`/api/models/queued/${id}/bytes`, as("sees"))).status).toBe(404);
  expect((await under.get("/api/models/queued/none/bytes", as("sees"))).status).toBe(404);
});

it("a page that is gone says who deleted or resubmitted what stood there", async () => {
  open();
  const [deleted, again] = [
    await under.ended(add, { a: 1 }, {}, { outcome: "failed" }),
    await under.ended(add, { a: 1 }, {}, { outcome: "failed" }),
  ];
  await under.act("failure", "delete", { ids: [deleted] }, as("anna"));
  await under.act("failure", "resubmit", { ids: [again] }, as("anna"));
  const gone = async (id: string): Promise<ErrorAnswer["error"]> =>
    (await under.get(`/api/models/task/${id}`, as("sees"))).json.error;
  expect(await gone(deleted)).toMatchObject({
    message: "Deleted by anna.",
    by: { who: "anna", action: "failure.delete", at: expect.any(Number) },
  });
  expect(await gone(again)).toMatchObject({ message: "Resubmitted by anna." });
  expect((await gone("none")).by).toBe(undefined);
});
