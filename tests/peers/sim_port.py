#!/usr/bin/env python3
"""sim_port.py SOCKET [FAULT] - the other end of the simulated TDX module's
serial port, written from guest/lib/proto.h alone. A quote is 4935 bytes that
begin with the REPORTDATA; each extend is printed. FAULT makes every answer
wrong in one way: magic, version, status, length (more than the driver takes),
empty (a quote of no bytes), refuse (status EACCES)."""
import hashlib
import socket
import struct
import sys

fault = sys.argv[2] if len(sys.argv) > 2 else ""
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(1)
print("ready", flush=True)
link, _ = server.accept()
rtmr = {3: bytes(48)}


def receive(n):
    data = b""
    while len(data) < n:
        more = link.recv(n - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data


def answer(op, body):
    if op == 1 and len(body) == 64:
        return b"" if fault == "empty" else (body + b"Q" * 4935)[:4935]
    if op == 2 and len(body) == 49 and body[0] == 3:
        rtmr[3] = hashlib.sha384(rtmr[3] + body[1:]).digest()
        print("extend", body[1:].hex(), flush=True)
        return b""
    if op == 3 and body == b"\x03":
        return rtmr[3]
    sys.exit(f"bad request: {op} {body.hex()}")


while True:
    head = receive(4)
    while head != b"EESM":  # firmware writes to this port too
        head = head[1:] + receive(1)
    version, op, length = struct.unpack("<BBH", receive(4))
    if version != 1:
        sys.exit(f"bad version {version}")
    out = answer(op, receive(length))
    magic, version, status = b"EESM", 1, 0
    if fault == "magic":
        magic = b"EESX"
    if fault == "version":
        version = 2
    if fault == "status":
        status = 255
    if fault == "length":
        out = out + bytes(32769)
    if fault == "refuse":
        status, out = 13, b""
    link.sendall(magic + bytes([version, status]) +
                 struct.pack("<H", len(out)) + out)
