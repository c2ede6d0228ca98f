// The project module of the fault tests: what clusters and their workers load. Its settings come by the environment.
import { makeQuern, writeLedger } from "./tasks.mjs";

const { FAULT_FOLDER: folder, FAULT_SETTINGS: settings } = process.env;

writeLedger(folder, "worker");
export default makeQuern(folder, JSON.parse(settings));
