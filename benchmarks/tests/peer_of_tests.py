"""A peer for tests: `peer_of_tests.py MODE --port N`, which answers every request with "ok".

busy      has used a fifth of a second of the processor in a child and in a thread that has ended
shares    lets others listen on its port
crashes   ends at the first request to /crash, having said why
silent    takes connections and never answers
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time


def burn(process_s: float) -> None:
    while time.process_time() < process_s:
        pass


def main() -> None:
    mode, port = sys.argv[1], int(sys.argv[-1])
    json.load(sys.stdin)
    if mode == "refuses":
        sys.exit("peer of tests does not serve: anything")
    if mode == "busy":
        thread = threading.Thread(target=burn, args=(time.process_time() + 0.2,))
        thread.start()
        thread.join()
        read, write = os.pipe()
        if os.fork() == 0:
            burn(0.2)
            os.write(write, b".")
            time.sleep(60)
        os.read(read, 1)
    server = socket.socket()
    option = socket.SO_REUSEPORT if mode == "shares" else socket.SO_REUSEADDR
    server.setsockopt(socket.SOL_SOCKET, option, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    silent: list[socket.socket] = []
    while True:
        connection, _ = server.accept()
        if mode == "silent":
            silent.append(connection)
            continue
        if b"/crash" in connection.recv(65536):
            sys.exit("crashed on purpose")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.close()


if __name__ == "__main__":
    main()
