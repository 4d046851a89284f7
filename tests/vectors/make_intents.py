#!/usr/bin/env python3
"""Prints the digest that tests/unit/test_intent.c expects of five finished
intents, made from intent.h's description without any code of this project:

  python3 tests/vectors/make_intents.py          the digest
  python3 tests/vectors/make_intents.py --json   the bytes that it is of"""
import hashlib
import json
import sys

CAMPAIGN, JOB, TYPE = "campaign-7", "job-1", "market_making"
KEY = "%s-%s-%s" % (CAMPAIGN, JOB, TYPE)
PREFIX = "ee" + hashlib.sha256(JOB.encode()).hexdigest()[:8]


def intent(ts, suffix, kind, status, updated, reason=None, order=None,
           replaces=None, side=None, price=None, qty=None):
    return {
        "client_order_id": order, "created_ms": ts,
        "intent_id": "%s:%d:%s" % (KEY, ts, suffix), "price": price,
        "qty": qty, "reason": reason, "replaces": replaces, "side": side,
        "status": status, "trace_id": "mm:%s:%d" % (KEY, ts), "type": kind,
        "updated_ms": updated,
    }


T = 1767323045000
FINISHED = [
    intent(T, "mm-cancel-%s-9" % PREFIX, "CANCEL_ORDER", "DONE", T + 3,
           order=PREFIX + "-9", side="sell", price="0.0015", qty="7.5"),
    intent(T, "mm-layer-1-buy", "REPLACE_ORDER", "DONE", T + 6,
           order=PREFIX + "-1", replaces=PREFIX + "-8", side="buy",
           price="0.0014", qty="5"),
    intent(T, "mm-layer-10-sell", "CREATE_LIMIT_ORDER", "FAILED", T + 8,
           "EXCHANGE_INSUFFICIENT_FUNDS", PREFIX + "-2", side="sell",
           price="92233720368.54775807", qty="0.00000001"),
    intent(T, "mm-layer-2-buy", "CREATE_LIMIT_ORDER", "DONE", T + 9,
           "MAX_OPEN_ORDERS_REACHED", PREFIX + "-3", side="buy",
           price="0.0013", qty="5"),
    intent(T + 1000, "stop", "STOP_EXECUTOR", "DONE", T + 1003),
]

text = json.dumps(FINISHED, sort_keys=True, separators=(",", ":"))
if "--json" in sys.argv:
    print(text, end="")
else:
    print(hashlib.sha384(text.encode()).hexdigest())
