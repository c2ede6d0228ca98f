// BullMQ on Redis, which here answers before anything is on a disk.
import { Queue, Worker } from "bullmq";
import { openQueue, startWorker } from "./bullmq-shape.mjs";

export { variants } from "./bullmq-shape.mjs";

export const open = (url) => openQueue(Queue, { url });
export const work = (url, _variant, began) => startWorker(Worker, { url, maxRetriesPerRequest: null }, began);
