// The libraries whose transactions are joined, whatever the engine. An engine adds the client it is driven with itself.
import { drizzle } from "./drizzle.ts";
import { knex } from "./knex.ts";
import { kysely } from "./kysely.ts";
import { prisma } from "./prisma.ts";
import type { Shape } from "./shape.ts";
import { typeorm } from "./typeorm.ts";

export const libraries: readonly Shape[] = [kysely, drizzle, prisma, knex, typeorm];
