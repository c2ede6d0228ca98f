// A small disk in memory that only one server sees, in a name space of its own: so it needs neither root nor a real disk.
import { chownSync, mkdirSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { NotAvailable, nobody, privateFolder } from "./server.ts";

export interface SmallDisk {
  folder: string;
  megabytes: number;
}

/** What stands before the command of a server that is to see it. Its process stays the one that was started. */
export function beside({ folder, megabytes }: SmallDisk): [string, ...string[]] {
  // Root in the outer name space, who may mount; somebody else in the inner one, for PostgreSQL does not run as root.
  const script = `mount -t tmpfs -o size=${megabytes}m,mode=700 tmpfs "$0" && exec unshare -U --map-user=1 --map-group=1 "$@"`;
  return ["unshare", "-Urm", "/bin/sh", "-c", script, folder];
}

export function smallDisk(parent: string, megabytes: number): SmallDisk {
  const folder = join(parent, "small");
  mkdirSync(folder, { recursive: true });
  if (nobody.uid !== undefined && nobody.gid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
  return { folder, megabytes };
}

/** Why there can be none here; undefined: there can. */
export function whyNoSmallDisk(): NotAvailable | undefined {
  const folder = privateFolder("small-disk");
  const [command, ...words] = [...beside({ folder, megabytes: 1 }), "true"] as const;
  const { status, error, stderr } = spawnSync(command, words, { ...nobody, cwd: "/", encoding: "utf8" });
  rmSync(folder, { recursive: true, force: true });
  if (status === 0) return undefined;
  return new NotAvailable(`no disk can be mounted in a name space here: ${error?.message ?? stderr.trim()}`);
}
