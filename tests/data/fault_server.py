"""A web server on loopback that misbehaves as real ones do, and counts requests.

    with FaultServer({"train-images-idx3-ubyte": b"…"}) as server:
        server.plan = ["cut", "good"]   # the first request, all later ones

The files are served packed, as NAME.gz. Every request takes the next word of `plan`,
and the last one from then on. The words:

good      the file                        403, 503, … that HTTP status
stall     nothing, until the server ends  cut       half of the file, then silence
html      a login page, status 200        wrong     other bytes, correctly packed
reset     the connection is torn down     slow      the file in `slow_seconds`
"""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from crafted import packed

PAGE = b"\n<!DOCTYPE html><html><title>Log in</title></html>"


class FaultServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.plan = dict(files), ["good"]
        self.slow_seconds, self.requests = 0.5, []
        self.ended, self._lock = threading.Event(), threading.Lock()

    def __enter__(self):
        serve = self.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.shutdown()
        self.server_close()

    @property
    def url(self):
        return f"http://{self.host}/"

    @property
    def host(self):
        return f"127.0.0.1:{self.server_port}"

    def next_fault(self, name):
        with self._lock:
            self.requests.append(name)
            return self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]

    def handle_error(self, request, client_address):
        """Say nothing: a client that hangs up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        path = urlsplit(self.path).path  # a proxy is asked for http://HOST/NAME.gz
        name = path.strip("/").removesuffix(".gz")
        server, fault = self.server, self.server.next_fault(name)
        body = packed(server.files[name])
        if fault == "good":
            self.whole(body)
        elif fault.isdigit():
            self.send_error(int(fault))
        elif fault == "stall":
            server.ended.wait()
        elif fault == "reset":
            self.connection.close()
        elif fault == "html":
            self.whole(PAGE)
        elif fault == "wrong":
            self.whole(packed(b"\0" * len(server.files[name])))
        elif fault == "cut":
            self.head(len(body))
            self.wfile.write(body[: len(body) // 2])
        elif fault == "slow":
            self.head(len(body))
            self.in_pieces(body, len(body) // 20 + 1, server.slow_seconds / 20)
        else:
            raise ValueError(fault)

    def head(self, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def whole(self, body):
        self.head(len(body))
        self.wfile.write(body)

    def in_pieces(self, body, size, pause):
        for start in range(0, len(body), size):
            if self.server.ended.is_set():
                return
            self.wfile.write(body[start : start + size])
            time.sleep(pause)
