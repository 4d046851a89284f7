#!/usr/bin/env python3
"""fake_qemu.py - QEMU as far as a supervisor can see it, for tests.

Understands the options that ee-launcher gives: makes the machine protocol's
socket, connects to the second serial port, writes to the console. What it does
is said by the file "behave" in its working folder, a word a line:

    kvm-abort    with "-accel kvm": greet, then end with SIGABRT
    kvm-stuck    with "-accel kvm": greet, then say internal-error
    exit         end at once with status 1 and a line on standard error
    fatal        print a FATAL line on the console and power off
    deaf         ignore quit
    quote        ask the serial port for a quote after some noise, keep the
                 answer in the file "quote"
    metadata     run the metadata command with a request, keep the answer in
                 the file "metadata"
"""
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time

REQUEST = (b"GET /computeMetadata/v1/instance/attributes/ee-config HTTP/1.1\r\n"
           b"Host: 169.254.169.254\r\nMetadata-Flavor: Google\r\n\r\n")


def options(argv):
    found = {}
    for name, value in zip(argv, argv[1:]):
        if name.startswith("-"):
            found.setdefault(name, []).append(value)
    return found


def ask_quote():
    s = socket.socket(socket.AF_UNIX)
    s.connect("sim.sock")
    s.sendall(b"\x1b[2J\x1b[01;01HEEBoot")
    s.sendall(b"EESM\x01\x01" + (64).to_bytes(2, "little") + b"\x07" * 64)
    head = b""
    while len(head) < 8:
        head += s.recv(8 - len(head))
    body, n = b"", int.from_bytes(head[6:8], "little")
    while len(body) < n:
        body += s.recv(n - len(body))
    with open("quote", "wb") as f:
        f.write(head + body)
    return s


def ask_metadata(netdev):
    command = netdev.split("-cmd:", 1)[1].replace(",,", ",")
    answer = subprocess.run(shlex.split(command), input=REQUEST,
                            stdout=subprocess.PIPE, check=False)
    with open("metadata", "wb") as f:
        f.write(answer.stdout)


def say(conn, **message):
    conn.sendall(json.dumps(message).encode() + b"\r\n")


def serve(listener, behave, kvm):
    conn, _ = listener.accept()
    say(conn, QMP={"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}},
                   "capabilities": []})
    for line in conn.makefile():
        command = json.loads(line)["execute"]
        if kvm and "kvm-abort" in behave:
            os.kill(os.getpid(), signal.SIGABRT)
        if kvm and "kvm-stuck" in behave and command == "qmp_capabilities":
            say(conn, event="STOP", timestamp={"seconds": 1,
                                               "microseconds": 2})
        if command == "query-status":
            say(conn, **{"return": {"status": "internal-error",
                                    "running": False}})
            continue
        say(conn, **{"return": {}})
        if command == "quit" and "deaf" not in behave:
            break


def main():
    if sys.argv[1:] == ["--version"]:
        print("QEMU emulator version " +
              os.environ.get("FAKE_QEMU_VERSION", "7.2.0"))
        return 0
    given = options(sys.argv[1:])
    kvm = given["-accel"] == ["kvm"]
    behave = set()
    if os.path.exists("behave"):
        with open("behave", encoding="ascii") as f:
            behave = set(f.read().split())
    if "exit" in behave:
        print("qemu-system-x86_64: something is wrong", file=sys.stderr)
        return 1
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("qmp.sock")
    listener.listen(1)
    with open("console.log", "a", encoding="ascii") as console:
        console.write("ee: boot\r\n")
        if "fatal" in behave:
            console.write("FATAL config: vm_name\r\nreboot: Power down\r\n")
    if "fatal" in behave:
        time.sleep(0.3)
        return 0
    port = None
    if "-object" not in given:
        port = ask_quote() if "quote" in behave else None
    if "metadata" in behave:
        ask_metadata(given["-netdev"][0])
    serve(listener, behave, kvm)
    if port is not None:
        port.close()
    if "deaf" in behave:
        time.sleep(60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
