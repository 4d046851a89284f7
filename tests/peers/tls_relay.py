#!/usr/bin/env python3
"""tls_relay.py CERT KEY PORT - a man in the middle: ends TLS with a key of its
own and passes on what is said, both ways, to the server at 127.0.0.1:PORT.
Prints its own port. Serves one connection at a time until it is killed."""
import select
import socket
import ssl
import sys


def relay(a, b):
    while True:
        ready, _, _ = select.select([a, b], [], [], 60)
        if not ready:
            return
        for s in ready:
            data = s.recv(65536)
            if not data:
                return
            (b if s is a else a).sendall(data)


def main():
    cert, key, port = sys.argv[1:]
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        fd, _ = listener.accept()
        try:
            with server.wrap_socket(fd, server_side=True) as a, \
                    socket.create_connection(("127.0.0.1", int(port))) as up, \
                    client.wrap_socket(up) as b:
                relay(a, b)
        except OSError:
            pass


main()
