// No search, filter or suggestion tells what is redacted where it is shown.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Count, ListAnswer, SuggestAnswer } from "../../src/admin/contract.ts";
import { encodeError } from "../../src/core/codec.ts";
import { add, AdminUnderTest } from "./admin-under-test.ts";

let under: AdminUnderTest;
beforeEach(async () => {
  under = new AdminUnderTest();
  const failure = (error: Error): object => {
    const encoded = encodeError(error);
    return {
      outcome: "failed",
      error: encoded,
      next: { end: "failure", result: encoded, save: true, answerMs: 1_000 },
    };
  };
  await under.ended(add, { a: 1 }, { name: "login" }, failure(new RangeError("refused, password=hunter2")));
  await under.ended(
    add,
    { a: 1 },
    { name: "plain", group: "token: s3cr3t" },
    failure(new TypeError("no route")),
  );
  await under.ended(add, { a: 1 }, { name: "token refresh" }, failure(new TypeError("no answer")));
});
afterEach(() => under.close());

const names = (query: string): Promise<string[]> => under.names("failure", query);

it.each([
  ["the text of an error", "q=error:refused", ["login"]],
  ["its class", "q=error:RangeError", ["login"]],
  ["the name of the secret in it", "q=error:password", ["login"]],
  ["the secret in it", "q=error:hunter2", []],
  ["its beginning", "q=error:hun", []],
  ["what is not in it, were it not the secret", "q=error:refused%20-error:hunter2", ["login"]],
  ["the group that has a secret", "q=s3cr3t", []],
  ["a name that only speaks of secrets", "q=refresh", ["token refresh"]],
  ["the row of such a group, by what it is not", "q=-s3cr", ["token refresh", "login"]],
  ["the class of the error", "errorClass=TypeError", ["token refresh", "plain"]],
  ["several classes", "errorClass=TypeError&errorClass=RangeError", ["token refresh", "plain", "login"]],
  ["a class that is none", "errorClass=Nope", []],
])("finds by %s", async (_, query, found) => {
  expect(await names(query)).toEqual(found);
  const { json } = await under.get<ListAnswer>(`/api/models/failure?${query}`);
  expect(json.count.number).toBe(found.length);
  expect((await under.get<Count>(`/api/models/failure/count?${query}`)).json.number).toBe(found.length);
});

it("a stored error or result can't be asked for as it stands", async () => {
  for (const field of ["result", "envelope", "errorText"])
    expect((await under.get(`/api/models/success?q=${field}:x`)).status).toBe(
      field === "errorText" ? 200 : 400,
    );
  expect((await under.get("/api/models/failure?sort=result")).status).toBe(400);
});

it("classes of errors are suggested, groups in which something is redacted are not", async () => {
  const suggest = async (query: string): Promise<string[]> =>
    (await under.get<SuggestAnswer>(`/api/models/failure/suggest?${query}`)).json.values.map(
      ({ value }) => value,
    );
  expect(await suggest("field=errorClass&prefix=")).toEqual(["RangeError", "TypeError"]);
  expect(await suggest("field=errorClass&prefix=T")).toEqual(["TypeError"]);
  expect(await suggest("field=group&prefix=token")).toEqual([]);
});
