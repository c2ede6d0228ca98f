// Cursors as they travel in addresses: sealed, because a place in an order says what rows hold there, which may be redacted where it is
// shown; and because whoever could make one up could ask whether a row comes before it, letter by letter.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { Keyring, SigningKey } from "../../core/signing.ts";
import { Refusal } from "../respond.ts";

const cipher = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

const keys = new WeakMap<SigningKey, Buffer>();

function keyOf(signing: SigningKey): Buffer {
  const key = keys.get(signing) ?? Buffer.from(hkdfSync("sha256", signing.sign("cursors"), "", "admin", 32));
  keys.set(signing, key);
  return key;
}

/** For this list only. */
export function sealCursor<C extends string | null>(cursor: C, list: string, { current }: Keyring): C {
  if (cursor === null) return cursor;
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, keyOf(current), nonce).setAAD(Buffer.from(list));
  const sealed = Buffer.concat([sealing.update(cursor, "utf8"), sealing.final()]);
  return `${current.id}.${Buffer.concat([nonce, sealing.getAuthTag(), sealed]).toString("base64url")}` as C;
}

/** Refuses what was not sealed for this list. */
export function openCursor(sealed: string, list: string, keyring: Keyring): string {
  const [id = "", text = ""] = sealed.split(".", 2);
  const key = keyring.find(id);
  const bytes = Buffer.from(text, "base64url");
  if (key === undefined || bytes.length <= nonceBytes + tagBytes) throw nowhere();
  try {
    const opening = createDecipheriv(cipher, keyOf(key), bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
      .setAAD(Buffer.from(list))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return opening.update(bytes.subarray(nonceBytes + tagBytes), undefined, "utf8") + opening.final("utf8");
  } catch {
    throw nowhere();
  }
}

export function nowhere(): Refusal {
  return new Refusal(400, "bad-cursor", "This address does not lead anywhere in this list.", {
    hint: "Go to its first page.",
  });
}
