"""A model hub on loopback that fails: it cuts, refuses, lies about lengths or answers a page."""

import re
import socket
from dataclasses import dataclass
from pathlib import Path

from local_hub import COMMIT, Handler, LocalHub

KINDS = ("status 429", "status 500", "status 503", "html", "loop", "cut", "longer", "shorter")
PAGE = b"<html><body>Please log in to the network</body></html>"


@dataclass
class Fault:
    """What the hub does for paths that match, this many times."""

    pattern: str
    kind: str
    times: int = 1_000_000


class FaultyHub(LocalHub):
    def __init__(self, root: Path, fault: Fault):
        super().__init__(root)
        self.fault = fault
        self.server.RequestHandlerClass = FaultyHandler


class FaultyHandler(Handler):
    def do_GET(self) -> None:
        fault = self.server.hub.fault
        if fault.times and re.search(fault.pattern, self.path) and self.fails(fault.kind):
            fault.times -= 1
            return self.play(fault.kind)
        return super().do_GET()

    do_HEAD = do_POST = do_GET

    def fails(self, kind: str) -> bool:
        """Return whether the fault shows: a body is cut only where there is one."""
        return kind.startswith("status") or self.command == "GET"

    def play(self, kind: str) -> None:
        if kind.startswith("status"):
            status = int(kind.split()[1])
            return self.send(status, b"refused", {"Retry-After": "1"} if status == 429 else {})
        if kind == "html":
            return self.send(200, PAGE, {"Content-Type": "text/html", "ETag": '"page"'})
        if kind == "loop":
            return self.send(302, b"", {"Location": self.path})
        self.broken = kind
        return super().do_GET()

    def send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        kind = self.__dict__.pop("broken", None)
        if kind is None:
            return super().send(status, content, headers)
        length = {"longer": len(content) + 1000, "shorter": len(content) // 2}
        self.send_response(status)
        for name, value in ({"X-Repo-Commit": COMMIT} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length.get(kind, len(content))))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if kind == "cut" else content)
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        return None
