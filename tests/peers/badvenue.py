#!/usr/bin/env python3
"""A venue that goes wrong: a TLS proxy before a real one that breaks a share of
its answers, in ways that a random generator picks.

  badvenue.py IDENTITY UPSTREAM_PORT SHARE SECONDS SEED

IDENTITY is the folder of the upstream's identity (ca.pem, server.pem,
server.key). After SECONDS (0: never) it breaks nothing any more. Prints
"listening port=N" in the form of the other daemons, then one line for each kind
of fault when it ends.
"""
import collections
import http.client
import json
import random
import signal
import socket
import ssl
import sys
import threading
import time

identity, upstream, share, seconds, seed = sys.argv[1:6]
share, seconds = float(share), float(seconds)
rng = random.Random(seed)
lock = threading.Lock()
started = time.monotonic()
counts = collections.Counter()


def ask(method, target, headers, body):
    """The upstream's answer: status and body."""
    context = ssl.create_default_context(cafile=identity + "/ca.pem")
    c = http.client.HTTPSConnection("127.0.0.1", int(upstream), timeout=10,
                                    context=context)
    c.request(method, target, body, headers)
    r = c.getresponse()
    answer = r.status, r.read()
    c.close()
    return answer


def message(status, body, length=None):
    length = len(body) if length is None else length
    return (b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % (status, length)) + body


# Each takes the connection and a function that asks the upstream; the request
# has reached it, or not, as the fault has it. True: the connection stays.

def drop_unasked(s, real):
    return False


def drop_asked(s, real):
    real()
    return False


def cut_body(s, real):
    status, body = real()
    s.sendall(message(status, body[:len(body) // 2], len(body)))
    return False


def cut_head(s, real):
    real()
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    return False


def cut_json(s, real):
    status, body = real()
    s.sendall(message(status, body[:-1 - len(body) // 3]))
    return True


def noise(s, real):
    real()
    s.sendall(bytes(rng.getrandbits(8) for _ in range(3000)))
    return False


def noise_body(s, real):
    real()
    s.sendall(message(200, bytes(rng.getrandbits(8) for _ in range(500))))
    return True


def twist(value):
    """The same JSON with one kind of value turned into another."""
    if isinstance(value, dict):
        return {k: twist(v) for k, v in value.items()}
    if isinstance(value, list):
        return [twist(v) for v in value]
    return rng.choice([None, -1, 1e400, "", "-1", "1e5", [], {}, True,
                       "9" * 40, 2**63, "\x00", value])


def wrong_types(s, real):
    status, body = real()
    s.sendall(message(status, json.dumps(twist(json.loads(body))).encode()))
    return True


def status_500(s, real):
    real()
    s.sendall(message(500, b"<html>"))
    return True


def status_503_unasked(s, real):
    s.sendall(message(503, b""))
    return True


def status_429(s, real):
    s.sendall(b"HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n"
              b"{}")
    return True


def drip(s, real):
    for b in message(*real()):
        s.sendall(bytes([b]))
        time.sleep(0.002)
    return True


def hang(s, real):
    real()
    time.sleep(1.5)
    return False


def endless_head(s, real):
    s.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-Long: 1\r\n" * 3000)
    return False


def endless_body(s, real):
    s.sendall(message(200, b"[" * 400000))
    return False


def bad_chunks(s, real):
    real()
    s.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
              b"ffffffffffffffff\r\n{}\r\n0\r\n\r\n")
    return False


def two_lengths(s, real):
    real()
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n"
              b"\r\n{}")
    return False


def redirect(s, real):
    s.sendall(b"HTTP/1.1 302 X\r\nLocation: https://example.org/\r\n"
              b"Content-Length: 0\r\n\r\n")
    return True


FAULTS = [drop_unasked, drop_asked, cut_body, cut_head, cut_json, noise,
          noise_body, wrong_types, wrong_types, status_500, status_503_unasked,
          status_429, drip, hang, endless_head, endless_body, bad_chunks,
          two_lengths, redirect]


def pick():
    with lock:
        if seconds and time.monotonic() - started > seconds:
            return None
        if rng.random() >= share:
            return None
        fault = rng.choice(FAULTS)
        counts[fault.__name__] += 1
        return fault


def read_request(f):
    line = f.readline()
    if not line:
        return None
    method, target, _ = line.decode().split()
    headers = {}
    while (line := f.readline().strip()):
        key, value = line.decode().split(":", 1)
        headers[key.strip().lower()] = value.strip()
    body = f.read(int(headers.get("content-length", 0)))
    keep = {k: headers[k] for k in ("x-mbx-apikey", "content-type")
            if k in headers}
    return method, target, keep, body


def serve(raw, context):
    try:
        s = context.wrap_socket(raw, server_side=True)
        f = s.makefile("rb")
        stay = True
        while stay and (request := read_request(f)) is not None:
            fault = pick()
            if fault is None:
                s.sendall(message(*ask(*request)))
            else:
                stay = fault(s, lambda: ask(*request))
        s.close()
    except (OSError, ValueError, http.client.HTTPException):
        raw.close()


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity + "/server.pem", identity + "/server.key")
    listener = socket.create_server(("127.0.0.1", 0))
    print("event=listening address=127.0.0.1 port=%d"
          % listener.getsockname()[1], flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=serve, args=(conn, context),
                             daemon=True).start()
    finally:
        for name, n in sorted(counts.items()):
            print(name, n, flush=True)


main()
