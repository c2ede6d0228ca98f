// Keys and signatures: HMAC-SHA-256 over fields that can't be shifted into each other, and keys that rotate.
import {
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { QuernError } from "./errors.ts";

export interface SigningKey {
  /** The first eight hex digits of the key's SHA-256: tells keys apart, tells nobody the key. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface Keyring {
  /** Signs. */
  readonly current: SigningKey;
  /** Verifies: the current one or one it replaced. */
  find(keyId: string): SigningKey | undefined;
}

/** Keys from `"new,old"`: the first signs, all verify. */
export function makeKeyring(secret: string): Keyring {
  const keys = secret.split(",").map((part) => signingKey(part.trim()));
  return { current: keys[0] as SigningKey, find: (keyId) => keys.find((key) => key.id === keyId) };
}

/** A new secret of 256 random bits, without commas. */
export function generateSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function sign(key: SigningKey, fields: readonly string[]): string {
  // Each field with its length in front, so no character can move from one to the next.
  let text = "";
  for (const field of fields) text += `${field.length}:`;
  text += "\n";
  for (const field of fields) text += field;
  return createHmac("sha256", key.key).update(text).digest("base64url");
}

/** Compares in constant time, as text: two texts can be one signature in base64. */
export function verify(key: SigningKey, fields: readonly string[], signature: string): boolean {
  const expected = Buffer.from(sign(key, fields));
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function signingKey(secret: string): SigningKey {
  if (secret.length < 16) {
    throw new QuernError("QUERN_BAD_OPTION", {
      field: "secret",
      expected: "at least 16 characters long, each where several are separated by commas",
      given: `${secret.length} characters`,
      where: "new Quern({ secret }) or the environment variable QUERN_SECRET",
    });
  }
  return {
    id: createHash("sha256").update(secret).digest("hex").slice(0, 8),
    key: createSecretKey(Buffer.from(secret)),
  };
}
