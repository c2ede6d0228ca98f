// Keys and signatures: HMAC-SHA-256 over fields that can't be shifted into each other, and keys that rotate.
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { QuernError } from "./errors.ts";

const blockBytes = 64;
const digestBytes = 32;
const outerPad = 0x5c;
const innerPad = 0x36;

// Most calls are small: what they are laid out in is made once. No call to another function comes between writing and reading it.
const smallText = 4_096;
const scratch = Buffer.alloc(blockBytes + 3 * smallText);

/** HMAC-SHA-256 (RFC 2104) by two hashes of one shot each: Node's Hmac object costs half as much again, and every task is signed and verified. */
export class SigningKey {
  /** The first eight hex digits of the key's SHA-256: tells keys apart, tells nobody the key. */
  readonly id: string;
  // Private, so that no log shows them.
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  constructor(secret: string) {
    const bytes = Buffer.from(secret);
    const key = Buffer.alloc(blockBytes);
    (bytes.length > blockBytes ? hash("sha256", bytes, "buffer") : bytes).copy(key);
    this.id = hash("sha256", secret).slice(0, 8);
    this.#inner = Buffer.from(key.map((byte) => byte ^ innerPad));
    this.#outer = Buffer.concat([key.map((byte) => byte ^ outerPad), Buffer.alloc(digestBytes)]);
  }

  sign(text: string): string {
    const laidOut = text.length <= smallText ? scratch : Buffer.alloc(blockBytes + 3 * text.length);
    this.#inner.copy(laidOut);
    const end = blockBytes + laidOut.write(text, blockBytes);
    this.#outer.write(hash("sha256", laidOut.subarray(0, end)), blockBytes, "hex");
    return hash("sha256", this.#outer, "base64url");
  }
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
  return key.sign(text);
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
  return new SigningKey(secret);
}
