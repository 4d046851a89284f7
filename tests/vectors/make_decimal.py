#!/usr/bin/env python3
"""Makes decimal.txt:
python3 tests/vectors/make_decimal.py > tests/vectors/decimal.txt

Lines "operation rounding a b result", the result as Python's decimal module
computes it in 60 digits, or the error when it is out of range."""
import random
from decimal import (Context, Decimal, ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP,
                     setcontext)

setcontext(Context(prec=60))
ROUNDS = {"down": ROUND_DOWN, "up": ROUND_UP, "even": ROUND_HALF_EVEN}
UNIT, MAX = Decimal("1e-8"), Decimal("92233720368.54775807")
EDGES = ["0", "1", "-1", "0.00000001", "-0.00000001", "0.5", "2", "3", "-3",
         "0.1", "0.7", "10000", "0.0001", "1.5", "2.5", "0.00000002",
         "92233720368.54775807", "-92233720368.54775807", "46116860184.27387904",
         "303700.0499976", "97231.41", "0.00012345"]


def text(d):
    s = format(d, "f")
    s = s.rstrip("0").rstrip(".") if "." in s else s
    return "0" if s in ("-0", "") else s


def line(op, how, a, b):
    a, b = Decimal(a), Decimal(b)
    if op in ("div", "step") and (b == 0 or op == "step" and b < 0):
        r = "VALUE"
    else:
        if op == "step":
            d = (a / b).quantize(Decimal(1), ROUNDS[how]) * b
        else:
            d = {"add": a + b, "sub": a - b, "mul": a * b,
                 "div": a / b if b else None}[op].quantize(UNIT, ROUNDS[how])
        r = text(d) if abs(d) <= MAX else "LIMIT"
    print(op, how, text(a), text(b), r)


random.seed(9180)
for op in ("add", "sub", "mul", "div", "step"):
    for how in ROUNDS if op in ("mul", "div", "step") else ("down",):
        for _ in range(60):
            line(op, how, random.choice(EDGES), random.choice(EDGES))
        for _ in range(40):
            a, b = (Decimal(random.randint(-10**random.randint(1, 18),
                                           10**random.randint(1, 18))) * UNIT
                    for _ in range(2))
            line(op, how, a, abs(b) if op == "step" else b)
