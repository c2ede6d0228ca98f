import type pg from "pg";

export function isPostgres(database: string): boolean;
export function openBarePostgres(url: string): Promise<pg.Client>;
export function integrityOf(client: pg.Client): Promise<string>;
