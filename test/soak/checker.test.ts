// The soak's checker can fail: histories made by hand, a green one, and for each invariant some that break only it.
import { describe, expect, it } from "vitest";
import { check } from "./checker.mjs";
import { HandMadeHistory } from "./hand-made-history.ts";

const calm = (): HandMadeHistory => new HandMadeHistory();

/** One of everything that may happen, and each with its reason. */
function eventful(): HandMadeHistory {
  const all = calm()
    .live("plain", "noop", "success")
    .live("flaky", "flaky", "failed", "failed", "success")
    .live("failing", "failing", "failed", "failed", "failed")
    .live("loop", "loop", "timeout", "timeout")
    .live("snoozed", "snoozed", "snoozed", "success");
  workerKilled(all, "interrupted");
  clusterKilled(all, "orphan");
  all.in(520).ask("neighbour", "noop").start("neighbour").live("deaf", "deaf", "timeout");
  all.stop("neighbour", 1, "released").in(521).succeed("neighbour", 2);
  all.ask("poison", "poison").start("poison").stop("poison", 1, "crashed").finish("poison", 1, "crashed");
  all.in(522).live("unknown", "unknown", "released", "released", "success");
  all.live("hook", "hook", "success").succeed("hooked", 1, "soak.hooked hook - -");
  all.say("injected bad").row("attempt bad 1 owner-a quarantined - NOW").finish("bad", 1, "quarantined");
  all.say("due nightly 7000").succeed("slot", 1, "soak.task - nightly 7000");
  all.ask("void", "cancelled").say("cancelled void cancelled").finish("void", 0, "cancelled");
  all.say("intent never noop").say("rejected never QUERN_BUSY").say("intent unsure noop");
  all.ask("one", "unique", "k1").say("intent two unique k1").say("acked two one").succeed("one");
  all.ask("three", "unique", "k1").succeed("three");
  all
    .say("fault server-crash 0 -")
    .ask("unanswered", "noop")
    .row("attempt unanswered 1 owner-a released - NOW");
  all.wait(500).say("fault-end server-crash 0").succeed("unanswered", 2);
  all.ask("ahead", "noop").row("attempt ahead 1 owner-a released - NOW no-slot").succeed("ahead", 2);
  all.say("fault cluster-term 500 SIGTERM").live("stopped", "noop", "released", "success");
  return all.say("cluster-end 500 0 -");
}

function workerKilled(all: HandMadeHistory, id: string, recoveryMs = 200): HandMadeHistory {
  all.in(511).ask(id, "noop").start(id).say("fault worker-kill 511 SIGKILL").wait(20).stop(id, 1, "crashed");
  return all.in(512).wait(recoveryMs).succeed(id, 2);
}

/** Its task goes on in the other cluster when the lease has run out; the end of the zombie is refused. */
function clusterKilled(all: HandMadeHistory, id: string, recoveryMs = 3_500): HandMadeHistory {
  all.in(611, "owner-b").ask(id, "noop").start(id).say("fault sentinel-kill 600 SIGKILL").say(`end ${id} 1`);
  all.say("cluster-end 600 - SIGKILL").wait(recoveryMs).stop(id, 1, "lost");
  return all.in(513).succeed(id, 2);
}

/** A cluster that was stopped for longer than its lease sends the attempt it had claimed before. */
function lateZombie(all: HandMadeHistory): HandMadeHistory {
  all.ask("late", "noop").say("fault sentinel-stop 600 SIGSTOP").wait(3_500);
  all.row("attempt late 1 owner-b lost - NOW").succeed("late", 2).wait(20);
  return all.say("fault-end sentinel-stop 600").in(611, "owner-b").start("late").say("end late 1");
}

function retries(delayOf: (index: number) => number): HandMadeHistory {
  const all = calm();
  for (let index = 0; index < 120; index++) {
    const id = `flaky-${index}`;
    all.ask(id, "flaky").start(id).stop(id, 1, "failed").wait(delayOf(index)).succeed(id, 2);
  }
  return all;
}

function sampled(
  rssKbAt: (second: number) => number,
  descriptorsAt: (second: number) => number,
): HandMadeHistory {
  const all = calm();
  for (let second = 0; second < 40; second++) {
    all.say(`sample 500 ${rssKbAt(second)} ${descriptorsAt(second)}`).wait(1_000);
  }
  return all;
}

describe("a green history", () => {
  it("breaks nothing, though all that is allowed happens in it", () => {
    expect(eventful().judge().violations).toEqual([]);
  });

  it("lets a worker that was stopped, or blocked by a task, give back what it never began", () => {
    const all = calm().in(511).ask("long", "cpu").ask("behind", "noop").ask("later", "noop").start("long");
    all.wait(4_000).stop("behind", 1, "released").in(512).succeed("behind", 2);
    all.in(511).stop("long", 1, "success").finish("long", 1, "success");
    all.say("fault worker-stop 511 SIGSTOP").wait(4_000).stop("later", 1, "released");
    all.say("fault-end worker-stop 511").in(512).succeed("later", 2);
    expect(all.broken()).toEqual([]);
  });

  it("lets a cluster give back what it claimed ahead and never sent, as long as that is seldom", () => {
    const ahead = (inVain: number): HandMadeHistory => {
      const all = calm().in(511);
      for (let index = 0; index < 1_000; index++) {
        all.ask(`ahead-${index}`, "noop");
        if (index < inVain) all.row(`attempt ahead-${index} 1 owner-a released - NOW no-slot`);
        all.wait(1).succeed(`ahead-${index}`, index < inVain ? 2 : 1);
      }
      return all;
    };
    expect(ahead(80).broken()).toEqual([]);
    expect(ahead(150).broken()).toEqual(["I4"]);
  });

  it("lets a lease be lost whose owner was kept from the processors for as long, and only then", () => {
    const starved = (msASecond: number, pid = 600, others = 0.8): string[] => {
      const all = calm().in(611, "owner-b").ask("starved", "noop");
      let waited = 700;
      for (let second = 0; second < 30; second++, waited += second > 20 ? msASecond : 50)
        all.say(`waited ${pid} ${waited}`).say(`others ${others}`).wait(1_000);
      all.row("attempt starved 1 owner-b lost - NOW").wait(5);
      return all.in(511).succeed("starved", 2).broken();
    };
    expect(starved(800)).toEqual([]);
    expect(starved(300)).toEqual(["I4"]);
    expect(starved(800, 500)).toEqual(["I4"]);
    expect(starved(800, 600, 0.1)).toEqual(["I4"]);
  });

  it("gives work the time that it takes beside what others do on the machine, and no more", () => {
    const crowded = (part: number, recoveryMs: number): string[] => {
      const all = workerKilled(calm(), "crowded", recoveryMs);
      for (let second = 0; second < 10; second++) all.say(`others ${part}`);
      return all.broken();
    };
    expect(crowded(0.5, 3_500)).toEqual([]);
    expect(crowded(0.5, 4_500)).toEqual(["I9"]);
    expect(crowded(0.1, 3_500)).toEqual(["I9"]);
    expect(crowded(1, 8_500)).toEqual(["I9"]);
  });

  it("does not take the start of other clusters for what it took the old ones to go on", () => {
    const back = (between: string): HandMadeHistory =>
      calm().say("fault server-crash 0 -").wait(500).say("fault-end server-crash 0").wait(100).say(between);
    const after = (all: HandMadeHistory): string[] =>
      all.wait(3_000).live("next", "noop", "success").broken();
    expect(after(back("fault cluster-term 600 SIGTERM"))).toEqual([]);
    expect(after(back("fault worker-kill 501 SIGKILL"))).toEqual(["I9"]);
  });

  it("lets a worker that leaves give back what it was sent, and its cluster what it claimed for it", () => {
    const left = (cluster: number): string[] => {
      const all = calm()
        .ask("sent", "noop")
        .ask("claimed", "noop")
        .say(`fault worker-leave 531 ${cluster}`)
        .wait(5);
      all
        .row("attempt sent 1 owner-a released 531 NOW")
        .row("attempt claimed 1 owner-a released - NOW")
        .wait(5);
      return all.succeed("sent", 2).succeed("claimed", 2).broken();
    };
    expect(left(500)).toEqual([]);
    expect(left(600)).toEqual(["I4"]);
  });

  it("lets a unique key be held by a task whose caller was told that nobody knows, if it is there", () => {
    const answered = (code: string): HandMadeHistory =>
      calm()
        .say("intent first unique k5")
        .say(`rejected first ${code}`)
        .say("intent second unique k5")
        .say("acked second first")
        .succeed("first");
    expect(answered("QUERN_ENQUEUE_UNCERTAIN").broken()).toEqual([]);
    expect(answered("QUERN_DATABASE_BUSY").broken()).toEqual(["I1"]);
  });

  it("is told in figures", () => {
    expect(eventful().judge().figures).toMatchObject({
      lost: 0,
      unexpected: 0,
      doubleStarts: 0,
      unexplained: 0,
      explainedDuplicates: 7,
      staleRefused: 1,
      slots: { due: 1, fired: 1, double: 0, missed: 0 },
      recovery: { p50: 221, p99: 221, max: 221 },
    });
  });

  it("has retries that come spread, and processes that stay as they were", () => {
    expect(retries((index) => (index * 83) % 1_000).broken()).toEqual([]);
    expect(
      sampled(
        () => 90_000,
        () => 30,
      ).broken(),
    ).toEqual([]);
  });

  it("lets pass what takes long only because something was stopped meanwhile", () => {
    const all = calm().in(511).ask("slow", "noop").start("slow");
    all.say("fault worker-kill 511 SIGKILL").say("fault lock 1 -").wait(2_500).say("fault-end lock 1");
    all.stop("slow", 1, "crashed").in(512).succeed("slow", 2);
    expect(all.broken()).toEqual([]);
  });
});

const breaking: Record<string, Record<string, () => HandMadeHistory>> = {
  I1: {
    "a task that was acknowledged and is nowhere": () => eventful().ask("gone", "noop"),
    "a task that is still in the queue": () =>
      eventful().ask("left", "noop").row("queue left ready 0 f - - -"),
    "a task that has ended and is still in the queue": () => eventful().row("queue plain leased 1 f - - -"),
    "a success that no attempt finished": () => eventful().forget("end plain 1"),
    "a failure that its kind does not allow": () => eventful().live("wrong", "noop", "failed"),
    "an enqueue without answer that is half there": () =>
      eventful().say("intent half noop").start("half").stop("half", 1, "success"),
    "a hook that was never queued": () => eventful().forget(" hooked 1").forget("task hooked"),
    "a unique task whose holder nobody acknowledged": () =>
      eventful().say("intent four unique k4").say("acked four nobody"),
    "an injected row that vanished": () => eventful().forget("task bad").forget("attempt bad"),
  },
  I2: {
    "a task that nobody asked for": () => eventful().succeed("stray"),
    "a start that belongs to no task": () =>
      eventful().start("stray").row("attempt stray 1 owner-a success 1 NOW"),
    "two hooks of one task": () => eventful().succeed("again", 1, "soak.hooked hook - -"),
    "the hook of a task that has none": () => eventful().succeed("odd", 1, "soak.hooked plain - -"),
    "a task for a slot that was not due": () => eventful().succeed("early", 1, "f - nightly 7001"),
  },
  I3: {
    "an attempt that started twice in one worker": () =>
      calm().ask("twin", "noop").start("twin").succeed("twin"),
    "an attempt that started in two clusters": () =>
      calm().ask("twin", "noop").in(611, "owner-b").start("twin").in(501).succeed("twin"),
  },
  I4: {
    "a retry without a throw": () => eventful().forget("throw flaky 1"),
    "a second call without a snooze": () => eventful().forget("snooze snoozed 1"),
    "a timeout of a kind that ends in time": () => eventful().live("prompt", "noop", "timeout", "success"),
    "a crash of a worker that nobody killed": () => eventful().live("crash", "noop", "crashed", "success"),
    "a crash before its worker was killed": () =>
      calm().in(511).live("crash", "noop", "crashed", "success").say("fault worker-kill 511 SIGKILL"),
    "a lease lost by a cluster that nobody touched": () => eventful().live("loss", "noop", "lost", "success"),
    "a lease lost long after its cluster went on": () => {
      const all = calm().say("fault sentinel-stop 500 SIGSTOP").wait(900).say("fault-end sentinel-stop 500");
      return all.wait(9_000).live("loss", "noop", "lost", "success");
    },
    "a release without a reason": () => calm().live("freed", "noop", "released", "success"),
    "a release for want of a slot, of what had started": () => {
      const all = calm().ask("slotted", "noop").start("slotted");
      return all.row("attempt slotted 1 owner-a released - NOW no-slot").succeed("slotted", 2);
    },
    "an attempt whose predecessor left no record": () =>
      eventful().ask("second", "noop").succeed("second", 2),
    "an attempt after a success": () => eventful().live("twice", "noop", "success", "success"),
  },
  I5: {
    "a start that has no record": () => eventful().forget("attempt plain 1"),
    "a success that never started": () => eventful().forget("start plain 1"),
  },
  I6: {
    "a success of an attempt that did not finish": () =>
      calm()
        .in(511)
        .ask("shift", "noop")
        .start("shift")
        .say("end shift 1")
        .say("fault worker-kill 511 SIGKILL")
        .stop("shift", 1, "crashed")
        .in(512)
        .succeed("shift", 2)
        .forget("end shift 2"),
    "a task that ended before its last attempt": () =>
      workerKilled(calm(), "shift").forget("task shift").say("end shift 1").finish("shift", 1, "success"),
    "a zombie that starts after its task has ended": () => lateZombie(calm()),
  },
  I7: {
    "a cancelled task that starts": () =>
      calm().ask("void", "cancelled").say("cancelled void cancelled").wait(5).succeed("void"),
    "two tasks of one unique key in the queue": () =>
      calm().ask("one", "unique", "k1").ask("two", "unique", "k1").succeed("one").succeed("two"),
    "two attempts of one unique key at once": () =>
      calm()
        .ask("one", "unique", "k1")
        .start("one", 1)
        .start("one", 2)
        .stop("one", 1, "failed")
        .stop("one", 2, "success")
        .finish("one", 2, "success"),
  },
  I8: {
    "a slot that did not fire": () => eventful().say("due nightly 8000"),
    "a slot that fired twice": () => eventful().succeed("twin", 1, "soak.slot - nightly 7000"),
  },
  I9: {
    "a task that waits long after its worker was killed": () => workerKilled(calm(), "slow", 2_100),
    "a task that waits long after its cluster was killed": () => clusterKilled(calm(), "slow", 7_100),
    "many tasks that wait a little too long": () => {
      const all = calm();
      for (let index = 0; index < 100; index++) workerKilled(all, `slow-${index}`, 1_100);
      return all;
    },
    "a backlog that does not end": () => eventful().wait(61_000).live("last", "noop", "success"),
    "retries that come in a flock": () => retries(() => 1_000),
  },
  I10: {
    "a damaged file": () => eventful().forget("integrity ok").row("integrity row 7 missing from index"),
    "a process that lives on": () => eventful().say("alive 501 worker"),
    "a cluster that ended by itself": () => calm().say("cluster-end 600 1 -"),
    "descriptors that leak": () =>
      sampled(
        () => 90_000,
        (second) => 30 + 3 * second,
      ),
    "memory that grows": () =>
      sampled(
        (second) => 90_000 + 10_000 * second,
        () => 30,
      ),
  },
};

for (const [invariant, histories] of Object.entries(breaking)) {
  describe(`${invariant} alone is broken by`, () => {
    for (const [name, make] of Object.entries(histories)) {
      it(name, () => expect(make().broken()).toEqual([invariant]));
    }
  });
}

describe("a history that can't be read gives no verdict:", () => {
  const dump = "integrity ok\n";

  it.each([
    ["a line that was cut off", "1 2 start a 1 501 500\n3 4 start b 1"],
    ["two lines run into one", "1 2 start a 1 501 5003 4 end a 1\n"],
    ["a word that is missing", "1 2 start a 1\n"],
    ["a word that nobody knows", "1 2 begin a 1\n"],
    ["a kind that nobody knows", "1 2 intent a wish\n"],
  ])("%s", (_name, ledger) => {
    expect(() => check([ledger], dump)).toThrow();
  });
});
