// Nest 12, on Express and on Fastify.
import "reflect-metadata";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Controller, Get, type INestApplication, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { nestAdmin } from "../../src/adapters/nest.ts";
import { testAdapter } from "./contract.ts";

class Own {
  own(): string {
    return "own";
  }
}
// Decorators, called by hand: the rest of this code needs none.
Get("own")(Own.prototype, "own", Object.getOwnPropertyDescriptor(Own.prototype, "own")!);
Controller()(Own);
class Application {}
Module({ controllers: [Own] })(Application);

const platforms = {
  Express: () => {
    const adapter = new ExpressAdapter();
    adapter.disable("x-powered-by");
    return adapter;
  },
  Fastify: () => new FastifyAdapter(),
};

for (const [name, adapter] of Object.entries(platforms)) {
  testAdapter(`Nest on ${name}`, async (admin) => {
    const app: INestApplication = await NestFactory.create(Application, adapter(), { logger: false });
    app.use(nestAdmin(admin, "/quern"));
    await app.listen(0, "127.0.0.1");
    const server = app.getHttpServer() as Server;
    return {
      port: (server.address() as AddressInfo).port,
      async close() {
        server.closeAllConnections();
        await app.close();
      },
    };
  });
}
