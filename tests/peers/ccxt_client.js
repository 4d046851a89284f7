/* ccxt_client.js - a real trading client on ee-paper: ccxt's binance class, with
 * nothing changed but the address. Prints TAP.
 * Usage: node ccxt_client.js CCXT_DIR STILL_FOLDER STILL_URL MOVING_FOLDER
 * MOVING_URL: two exchanges, each with the folder of its credentials. The market
 * of the first stands still, so that what a taker finds there is certain; in the
 * second one recorded trades pass. The CAs are given by NODE_EXTRA_CA_CERTS. */
'use strict';

const fs = require('fs');
const path = require('path');

const [dir, ...exchanges] = process.argv.slice(2);
const ccxt = require('module').createRequire(path.join(dir, 'x.js'))('ccxt');
const pair = 'XRP/ETH';

let count = 0;
let failed = 0;
function ok(condition, title, detail) {
	count++;
	if (!condition) {
		failed++;
	}
	console.log(`${condition ? 'ok' : 'not ok'} ${count} - ${title}`);
	if (!condition && detail !== undefined) {
		console.log('#   ' + JSON.stringify(detail).slice(0, 400));
	}
}

async function refused(what, type, promise) {
	try {
		const got = await promise;
		ok(false, what, got);
	} catch (e) {
		ok(e instanceof type, `${what}: ${e.constructor.name}`, e.message);
	}
}

function client(folder, url, wrongSecret) {
	const credentials = JSON.parse(
		fs.readFileSync(path.join(folder, 'credentials.json'), 'utf8'));
	const c = new ccxt.binance({
		apiKey: credentials.api_key,
		secret: wrongSecret || credentials.api_secret,
		enableRateLimit: false,
		options: {
			defaultType: 'spot',
			fetchMarkets: { types: ['spot'] },
			fetchCurrencies: false,
			fetchMargins: false,
			warnOnFetchOpenOrdersWithoutSymbol: false,
		},
	});
	for (const k of ['public', 'private', 'v1']) {
		c.urls.api[k] = url + '/api/v3';
	}
	return c;
}

async function marketData(c) {
	const markets = await c.loadMarkets();
	ok(markets[pair] && markets[pair].spot, 'the pair is a spot market');
	ok(markets[pair].precision.price > 0, 'with a price precision');
	const book = await c.fetchOrderBook(pair, 5);
	ok(book.bids.length > 0 && book.asks.length > 0, 'a book with two sides');
	ok(book.bids[0][0] < book.asks[0][0], 'that is not crossed');
	const trades = await c.fetchTrades(pair, undefined, 10);
	ok(trades.length === 10 && trades[0].price > 0, 'recent trades', trades[0]);
	const ticker = await c.fetchTicker(pair);
	ok(ticker.last > 0 && ticker.high >= ticker.low, 'a ticker', ticker);
	const time = await c.fetchTime();
	ok(Math.abs(time - Date.now()) < 10000, 'the server time');
	return book;
}

async function resting(c, book) {
	const price = c.priceToPrecision(pair, book.bids[0][0] * 0.5);
	const placed = await c.createLimitBuyOrder(pair, 100, price);
	ok(placed.id !== undefined && placed.status === 'open',
		'a buy far from the market rests', placed);
	const open = await c.fetchOpenOrders(pair);
	ok(open.length === 1 && open[0].id === placed.id, 'and is listed', open);
	const one = await c.fetchOrder(placed.id, pair);
	ok(one.price === Number(price) && one.filled === 0, 'and found', one);
	const before = await c.fetchBalance();
	ok(before.ETH.used > 0, 'and holds balance', before.ETH);
	const cancelled = await c.cancelOrder(placed.id, pair);
	ok(cancelled.status === 'canceled', 'it can be cancelled', cancelled);
	const after = await c.fetchBalance();
	ok(after.ETH.used === 0, 'which frees the balance', after.ETH);
	await refused('a second time it cannot', ccxt.OrderNotFound,
		c.cancelOrder(placed.id, pair));
}

async function taking(c) {
	const before = await c.fetchBalance();
	const bought = await c.createMarketBuyOrder(pair, 5);
	ok(bought.filled === 5 && bought.status === 'closed',
		'a market buy is filled', bought);
	const mine = await c.fetchMyTrades(pair);
	ok(mine.length >= 1 && mine[0].takerOrMaker === 'taker' &&
		mine[0].fee.currency === 'XRP', 'as taker, fee in base', mine[0]);
	const after = await c.fetchBalance();
	const fee = mine.reduce((sum, t) => sum + t.fee.cost, 0);
	ok(Math.abs(after.XRP.total - before.XRP.total - 5 + fee) < 1e-7,
		'the balance has what was bought, less the fee');
	const sold = await c.createMarketSellOrder(pair, 5);
	ok(sold.filled === 5, 'a market sell, too', sold);
}

async function making(c) {
	await c.loadMarkets();
	/* the market waits for the first signed request: this book is still */
	const book = await c.fetchOrderBook(pair, 5);
	const price = c.priceToPrecision(pair,
		book.bids[0][0] + c.markets[pair].precision.price);
	const o = await c.createOrder(pair, 'LIMIT_MAKER', 'buy', 30, price);
	let seen;
	for (let i = 0; i < 100; i++) {
		seen = await c.fetchOrder(o.id, pair);
		if (seen.status === 'closed') {
			break;
		}
		await new Promise((r) => setTimeout(r, 100));
	}
	ok(seen.status === 'closed', 'recorded sellers fill a better bid', seen);
	const mine = (await c.fetchMyTrades(pair)).filter((t) => t.order === o.id);
	ok(mine.length > 0 && mine.every((t) => t.takerOrMaker === 'maker'),
		'as maker');
}

async function refusals(c, stranger) {
	await refused('more than the balance', ccxt.InsufficientFunds,
		c.createLimitBuyOrder(pair, 1e9, 0.001));
	await refused('an unknown order', ccxt.OrderNotFound,
		c.fetchOrder('999999', pair));
	await refused('a wrong secret', ccxt.AuthenticationError,
		stranger.fetchBalance());
	await refused('a price of zero', ccxt.BaseError,
		c.createLimitBuyOrder(pair, 10, 0));
}

async function main() {
	const still = client(exchanges[0], exchanges[1]);
	const moving = client(exchanges[2], exchanges[3]);
	const book = await marketData(still);
	await resting(still, book);
	await taking(still);
	await refusals(still, client(exchanges[0], exchanges[1], 'wrong'));
	await making(moving);
	console.log(`1..${count}`);
	process.exit(failed === 0 ? 0 : 1);
}

main().catch((e) => {
	console.log(`not ok ${count + 1} - ${e.constructor.name}: ${e.message}`);
	console.log(e.stack.split('\n').slice(1, 6).map((l) => '# ' + l).join('\n'));
	console.log(`1..${count + 1}`);
	process.exit(1);
});
