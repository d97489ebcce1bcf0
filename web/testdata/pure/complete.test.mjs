import test from "node:test";
import assert from "node:assert/strict";
import { complete, marked } from "../../static/lab/complete.js";
import { kindOf, lineFor, placeOf, restOf } from "../../static/lab/interfere.js";
import { isTcpdump, kindOf as fileKind } from "../../static/port/others.js";

const at = (text) => complete(text, text.length).words;

test("a line is completed word by word", () => {
  assert.deepEqual(at("+0 se"), ["server"]);
  assert.deepEqual(at("+0 server bi"), ["bind"]);
  assert.deepEqual(at("+0 wire dr"), ["drop"]);
  assert.deepEqual(at("+0 server bind l :7865 reu"), ["reuseaddr", "reuseport"]);
  assert.deepEqual(at("+0 server state a = TI"), ["TIME-WAIT"]);
  assert.deepEqual(at("host proxy 10.0.0.3\n+0 pr"), ["proxy"]);
});

test("sockets are those of the host, named by earlier lines", () => {
  const text = "+0 server bind l :7865\n+0 server accept l as a\n+0 client connect c server:7865\n";
  assert.deepEqual(at(`${text}+0 server close `), ["l", "a"]);
  assert.deepEqual(at(`${text}+0 client close `), ["c"]);
});

test("a comment is not completed, and the word's start is known", () => {
  assert.deepEqual(at("+0 server bind l :7865 # why"), []);
  assert.equal(complete("+0 server bi", 12).start, 10);
});

test("mistakes are marked where they are", () => {
  assert.deepEqual(marked("# q\n+0 server bnid l", [{ line: 2, column: 11 }]), [
    { text: "# q\n+0 server ", wrong: false }, { text: "bnid", wrong: true }, { text: " l", wrong: false },
  ]);
  assert.deepEqual(marked("a", []), [{ text: "a", wrong: false }]);
  assert.deepEqual(marked("a", [{ line: 9, column: 1 }]), [{ text: "a", wrong: false }]);
});

test("a segment is lost by its kind and number", () => {
  const fin = { id: 3, from: "server", to: "client", flags: ["FIN", "ACK"], len: 0 };
  const ack = { id: 2, from: "server", to: "client", flags: ["ACK"], len: 0 };
  const more = { ...ack, id: 4 };
  const items = [ack, fin, more].map((flight) => ({ kind: "segment", line: 7, flight }));
  const world = { items, flights: new Map([ack, fin, more].map((f) => [f.id, f])) };
  const steps = [{ line: 6 }, { line: 7 }];
  assert.equal(kindOf(fin), "FIN");
  assert.deepEqual(placeOf(world, fin, steps), { n: 1, nth: 1 });
  assert.deepEqual(placeOf(world, more, steps), { n: 1, nth: 2 });
  assert.equal(lineFor("lost", more, 2), "+0 wire drop server ACK nth 2");
  assert.equal(lineFor("twice", more, 2), "");
  assert.equal(lineFor("later", fin, 1), "+0 wire delay server FIN 1s");
  assert.equal(placeOf(world, { ...fin, forged: true }, steps), null);
});

test("the rest of a script is run without what it expects", () => {
  const script = "# q\n\n+0 server bind l :7865 = ok\n+0 wire forge client c RST seq=nxt = silence # why\n";
  const steps = [{ line: 3 }, { line: 4 }];
  assert.deepEqual(restOf(script, steps, 0), ["+0 server bind l :7865", "+0 wire forge client c RST seq=nxt"]);
});

test("a file is known by its first bytes, tcpdump by its lines", () => {
  assert.equal(fileKind([0xd4, 0xc3, 0xb2, 0xa1]), "pcap");
  assert.equal(fileKind([0x0a, 0x0d, 0x0d, 0x0a]), "pcapng");
  assert.equal(fileKind([0x53, 0x74, 0x61, 0x74]), "text");
  assert.equal(isTcpdump("12:00:01.5 IP 10.0.0.1.80 > 10.0.0.2.99: Flags [F.], seq 1"), true);
  assert.equal(isTcpdump("State Recv-Q Send-Q\nTIME-WAIT 0 0"), false);
});
