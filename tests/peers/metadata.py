#!/usr/bin/env python3
"""metadata.py FILE [FAULT] - one request to the metadata server, on standard
input and output, as QEMU's guestfwd runs it. FILE is the attribute ee-config.
FAULT: flavor (the header is missing), status (404), busy (503 the first time;
FILE.busy remembers), silent (no answer)."""
import os
import sys

fault = sys.argv[2] if len(sys.argv) > 2 else ""
path = "/computeMetadata/v1/instance/attributes/ee-config"
request = b""
while b"\r\n\r\n" not in request:
    more = os.read(0, 4096)
    if not more:
        sys.exit(0)
    request += more
line, _, head = request.decode().partition("\r\n")
status, body = "200 OK", open(sys.argv[1], "rb").read()
if line != f"GET {path} HTTP/1.1" or "Metadata-Flavor: Google\r\n" not in head:
    status, body = "403 Forbidden", b"Missing Metadata-Flavor:Google header.\n"
if fault == "silent":
    sys.exit(0)
if fault == "status":
    status, body = "404 Not Found", b""
if fault == "busy" and not os.path.exists(sys.argv[1] + ".busy"):
    open(sys.argv[1] + ".busy", "w").close()
    status, body = "503 Service Unavailable", b""
answer = f"HTTP/1.1 {status}\r\n"
if fault != "flavor":
    answer += "Metadata-Flavor: Google\r\n"
answer += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
os.write(1, answer.encode() + body)
