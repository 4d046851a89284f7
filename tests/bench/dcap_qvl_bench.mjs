// dcap_qvl_bench.mjs MODULES js|wasm < CASE - how long a peer of verify_bench.c
// takes for the same case: one JSON object with the median of runs in
// microseconds. Everything from the bytes on, as in its "cold".
//
//   js    @phala/dcap-qvl, with the root of the case
//   wasm  @phala/dcap-qvl-web, which knows Intel's root alone
//
// One thread: what a verification allocates is swept up on it, too. The first
// second only warms up. On a busy machine the time that others took is not
// held against the peer: of the clock's time and the processor's, the less
// counts.
import fs from "fs";
import path from "path";
import { createRequire } from "module";
import { pathToFileURL } from "url";

const RUNS = 201;
const WARM_NS = 1_000_000_000n;

const folder = path.join(path.resolve(process.argv[2]), "node_modules",
	"@phala");

function readCase() {
	const all = fs.readFileSync(0);
	const end = all.indexOf(10) + 1;
	const [now, ...sizes] = all.subarray(0, end).toString().split(" ")
		.map(Number);
	const parts = [];
	let at = end;
	for (const n of sizes) {
		parts.push(Buffer.from(all.subarray(at, at + n)));
		at += n;
	}
	return { now, quote: parts[0], bundle: parts[1], root: parts[2] };
}

// The chain that counts is the one inside the quote.
function parse(bundle) {
	const c = JSON.parse(bundle.toString());
	delete c.pck_certificate_chain;
	return c;
}

function pemToDer(pem) {
	return Buffer.from(pem.toString().replace(/-----[^-]*-----/g, ""),
		"base64");
}

function js(c) {
	const qvl = createRequire(import.meta.url)(
		path.join(folder, "dcap-qvl"));
	const verifier = c.root.length > 0 ?
		qvl.QuoteVerifier.newWithRootCa(pemToDer(c.root)) :
		qvl.QuoteVerifier.newProd();
	return () => verifier.verify(c.quote, parse(c.bundle), c.now).status;
}

async function wasm(c) {
	const at = path.join(folder, "dcap-qvl-web", "dcap-qvl-web");
	const qvl = await import(pathToFileURL(at + ".js"));
	qvl.initSync({ module: fs.readFileSync(at + "_bg.wasm") });
	const now = BigInt(c.now);
	return () => qvl.js_verify(c.quote, parse(c.bundle), now).status;
}

const run = await { js, wasm }[process.argv[3]](readCase());
const status = run();
const clock = process.hrtime.bigint;
for (const end = clock() + WARM_NS; clock() < end;)
	run();
const us = [];
for (let i = 0; i < RUNS; i++) {
	const before = process.cpuUsage();
	const start = clock();
	if (run() !== status)
		throw new Error("another status than before");
	const wall = Number(clock() - start) / 1e3;
	const cpu = process.cpuUsage(before);
	us.push(Math.min(wall, cpu.user + cpu.system));
}
us.sort((a, b) => a - b);
console.log(JSON.stringify({ status, us: us[RUNS >> 1] }));
