// BullMQ on PostgreSQL.
import { createPostgresBackend, withBackend } from "bullmq";
import { openQueue, startWorker } from "./bullmq-shape.mjs";

export { variants } from "./bullmq-shape.mjs";

const { Queue, Worker } = withBackend(createPostgresBackend);

const connection = (url) => ({ connectionString: url, migrate: true });

export const open = (url) => openQueue(Queue, connection(url));
export const work = (url, _variant, began) => startWorker(Worker, connection(url), began);
