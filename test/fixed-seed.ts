// Property tests draw the same samples every time, so that a change is red for what it changed; QUERN_SEED=n or test:long draws others.
import fc from "fast-check";

const { QUERN_SEED, QUERN_TEST_LONG } = process.env;
if (QUERN_SEED !== undefined) fc.configureGlobal({ seed: Number(QUERN_SEED) });
else if (QUERN_TEST_LONG !== "1") fc.configureGlobal({ seed: 20_261_124 });
