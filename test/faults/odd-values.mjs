// Values that no codec can carry, and things that no one should throw.

const chain = (length) => {
  let error = new Error("the first");
  for (let each = 1; each < length; each++) error = new Error(`${each}`, { cause: error });
  return error;
};

function loop() {
  for (;;);
}

const unlucky = () => {
  throw new Error("unlucky");
};

export const odd = {
  cycle: () => {
    const circle = {};
    return Object.assign(circle, { circle });
  },
  large: () => "x".repeat(50_000_000),
  proxy: () => new Proxy({}, { ownKeys: unlucky }),
  rudeProxy: () => new Proxy({}, { ownKeys: () => fail({ toString: unlucky }) }),
  toJson: () => ({ toJSON: unlucky }),
  getter: () => Object.defineProperty({}, "value", { enumerable: true, get: unlucky }),
  getterThatLoops: () =>
    Object.defineProperty({}, "value", {
      enumerable: true,
      get: loop,
    }),
  instance: () => new (class Account {})(),
  aFunction: () => () => {},
  aSymbol: () => Symbol("odd"),

  aString: () => "thrown as it is",
  aNull: () => null,
  frozen: () => Object.freeze(new Error("frozen")),
  brokenStack: () => Object.defineProperty(new Error("no stack"), "stack", { get: unlucky }),
  brokenMessage: () => Object.defineProperty(new Error(), "message", { get: unlucky }),
  longChain: () => chain(1_000),
  rudeObject: () => ({
    toString: unlucky,
    get message() {
      return unlucky();
    },
    get name() {
      return unlucky();
    },
  }),
  trap: () => new Proxy(new Error("trap"), { get: unlucky, getPrototypeOf: unlucky, has: unlucky }),
};

function fail(error) {
  throw error;
}
