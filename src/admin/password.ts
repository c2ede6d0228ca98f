// Passwords as hashes: scrypt with a salt of its own, compared in constant time.
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

const cost = 2 ** 15;
const blockSize = 8;
const parallel = 1;
const keyBytes = 32;
const saltBytes = 16;
const longestPassword = 1_024;

/** What stands in the configuration in place of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt);
  return ["scrypt", cost, salt.toString("base64url"), key.toString("base64url")].join("$");
}

export function isPasswordHash(text: unknown): text is string {
  return typeof text === "string" && /^scrypt\$32768\$[\w-]{22}\$[\w-]{43}$/.test(text);
}

// For a name that nobody has: as much work as for one that somebody has.
const nobody = `scrypt$${cost}$${"A".repeat(22)}$${"A".repeat(43)}`;

/** Takes as long whether or not there is a hash to compare with. */
export async function passwordFits(password: string, hash: string | undefined): Promise<boolean> {
  const [, , salt, key] = (hash ?? nobody).split("$") as [string, string, string, string];
  const given = await derive(password.slice(0, longestPassword), Buffer.from(salt, "base64url"));
  const same = timingSafeEqual(given, Buffer.from(key, "base64url"));
  return same && hash !== undefined && password.length <= longestPassword;
}

/** Of texts of any length: their digests are compared. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

export function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  const options = { N: cost, r: blockSize, p: parallel, maxmem: 2 ** 26 };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
