// Loaded before all else into a cluster's processes (node --import): lets them believe that they are on a host of another name and clock.
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

const { FAULT_HOST: name, FAULT_CLOCK_MS: offMs } = process.env;
const ofMachine = Date.now.bind(Date);
os.hostname = () => name;
Date.now = () => ofMachine() + Number(offMs);
syncBuiltinESMExports();
