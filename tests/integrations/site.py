"""A small site on the loopback: stories, mirrors of them, edited ones."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from integrations.stories import BRIDGE, BRIDGE_AGAIN, LIBRARY, PIERS

PAGES = {
    "/bridge": f"{BRIDGE} {PIERS}",
    "/mirror/bridge": f"{BRIDGE} {PIERS}",
    "/edited/bridge": f"{BRIDGE_AGAIN} {PIERS}",
    "/library": LIBRARY,
    "/photo": "",
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        links = "".join(f'<a href="{path}">{path}</a>' for path in PAGES)
        body = links if self.path == "/" else f"<article>{PAGES.get(self.path, '')}</article>"
        self.send_response(200 if self.path in ("/", *PAGES) else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<html><body>{body}</body></html>".encode())

    def log_message(self, *_):
        pass


@contextmanager
def serving():
    """The address of the site, for as long as the block runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
