// dcap_qvl_client.js MODULES < CASES - what the npm package @phala/dcap-qvl
// says of the cases that tests/peers/verdicts.c describes: a line for each,
// "PASS STATUS" or "FAIL reason".
"use strict";
const fs = require("fs");
const path = require("path");

const qvl = require(path.join(path.resolve(process.argv[2]), "node_modules",
	"@phala", "dcap-qvl"));

// The stream, which may be longer than a Buffer can be.
let held = Buffer.alloc(0);
function more() {
	const next = Buffer.alloc(1 << 22);
	const n = fs.readSync(0, next, 0, next.length, null);
	held = Buffer.concat([held, next.subarray(0, n)]);
	return n > 0;
}
function take(n) {
	while (held.length < n)
		if (!more())
			throw new Error("a case of another length than it says");
	const part = held.subarray(0, n);
	held = held.subarray(n);
	return part;
}
function line() {
	let end;
	while ((end = held.indexOf(10)) < 0)
		if (!more())
			return null;
	return take(end + 1).toString();
}

function pemToDer(pem) {
	return Buffer.from(pem.toString().replace(/-----[^-]*-----/g, ""), "base64");
}

// Both judge the chain that is inside the quote.
function parse(bundle) {
	const c = JSON.parse(bundle.toString());
	delete c.pck_certificate_chain;
	return c;
}

let bundle = null;
const out = [];
for (let head; (head = line()) !== null;) {
	const [now, quoteLen, bundleLen, rootLen] = head.split(" ").map(Number);
	const quote = Buffer.from(take(quoteLen));
	if (bundleLen >= 0)
		bundle = Buffer.from(take(bundleLen));
	const root = take(rootLen);
	try {
		const verifier = rootLen > 0 ?
			qvl.QuoteVerifier.newWithRootCa(pemToDer(root)) :
			qvl.QuoteVerifier.newProd();
		out.push("PASS " + verifier.verify(quote, parse(bundle), now).status);
	} catch (e) {
		out.push("FAIL " + e.message.replace(/\s+/g, " "));
	}
}
process.stdout.write(out.join("\n") + (out.length ? "\n" : ""));
