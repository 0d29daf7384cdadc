"""A stand-in for the model hub on loopback: it answers what the hub's client libraries ask.

`root/models/<org>/<name>/` and `root/datasets/<org>/<name>/` are its repositories, and
`root/files/` holds plain downloads. A repository in `gated` is refused as the hub refuses one
whose licence was not accepted; one that is not there is missing; `close` makes the hub gone.
"""

import hashlib
import json
import re
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = hashlib.sha1(b"the only commit").hexdigest()
REPO = r"(?P<kind>models|datasets)/(?P<repo_id>[^/]+/[^/]+)"
API = re.compile(rf"/api/{REPO}(?:/(?P<verb>revision|tree|paths-info)/[^/]+(?:/(?P<path>.*))?)?")
RESOLVE = re.compile(r"/(?P<kind>datasets/)?(?P<repo_id>[^/]+/[^/]+)/resolve/[^/]+/(?P<path>.+)")


class LocalHub:
    """`with LocalHub(root) as hub:` serves until the block ends or `hub.close()` is called."""

    def __init__(self, root: Path):
        self.root = root
        self.gated: set[str] = set()
        self.refused_status: int | None = None  # for every file, as a bad token gets
        self.requests: list[str] = []
        self.cut_short_after: int | None = None  # bytes of a body; then the connection breaks
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {}))
        self.server.hub = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "LocalHub":
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        """Say nothing: the tests look at `hub.requests`."""

    def do_GET(self) -> None:
        hub = self.server.hub
        hub.requests.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/files/"):
            return self.send_file(hub.root / path.lstrip("/"))
        if match := API.fullmatch(path):
            return self.answer_api(**match.groupdict(), body=body)
        if match := RESOLVE.fullmatch(path):
            return self.answer_resolve(**match.groupdict())
        return self.refuse(404, "EntryNotFound")

    do_HEAD = do_POST = do_GET

    def answer_api(self, kind: str, repo_id: str, verb: str, path: str, body: bytes) -> None:
        repo = self.server.hub.root / kind / repo_id
        if not repo.is_dir():
            return self.refuse(404, "RepoNotFound")
        if verb == "tree":
            return self.send_tree(repo, path or "")
        if verb == "paths-info":
            asked = asked_paths(self.headers.get("Content-Type", ""), body)
            return self.send_json(
                [entry(repo, repo / name) for name in asked if (repo / name).exists()]
            )
        files = [{"rfilename": e["path"]} for e in entries(repo, repo, deep=True)]
        return self.send_json(
            {"_id": "0", "id": repo_id, "sha": COMMIT, "siblings": files, "private": False}
            | {"gated": "manual" if repo_id in self.server.hub.gated else False, "tags": []}
        )

    def send_tree(self, repo: Path, path: str) -> None:
        if not (repo / path).is_dir():
            return self.refuse(404, "EntryNotFound")
        deep = "recursive=true" in urlsplit(self.path).query.lower()
        return self.send_json(entries(repo, repo / path, deep))

    def answer_resolve(self, kind: str | None, repo_id: str, path: str) -> None:
        repo = self.server.hub.root / (kind or "models/") / repo_id
        if not repo.is_dir():
            return self.refuse(404, "RepoNotFound")
        if self.server.hub.refused_status is not None:
            return self.refuse(self.server.hub.refused_status, "")
        if repo_id in self.server.hub.gated:
            return self.refuse(401, "GatedRepo")
        return self.send_file(repo / path)

    def send_file(self, path: Path) -> None:
        if not path.is_file():
            return self.refuse(404, "EntryNotFound")
        content, status, headers = path.read_bytes(), 200, {"Accept-Ranges": "bytes"}
        headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
        if asked := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            first, last = int(asked[1]), int(asked[2] or len(content) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            content, status = content[first : last + 1], 206
        return self.send(status, content, headers)

    def send_json(self, value: object) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def refuse(self, status: int, code: str) -> None:
        self.send(status, json.dumps({"error": code}).encode(), {"X-Error-Code": code})

    def send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"X-Repo-Commit": COMMIT} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            limit = self.server.hub.cut_short_after
            self.wfile.write(content[:limit])
            self.close_connection = limit is not None


def asked_paths(content_type: str, body: bytes) -> list[str]:
    if "json" in content_type:
        paths = json.loads(body)["paths"]
        return [paths] if isinstance(paths, str) else paths
    if "multipart" in content_type:
        header = f"Content-Type: {content_type}\r\n\r\n".encode()
        parts = BytesParser().parsebytes(header + body).get_payload()
        return [part.get_payload() for part in parts]
    return parse_qs(body.decode()).get("paths", [])


def entries(repo: Path, folder: Path, deep: bool) -> list[dict]:
    return [entry(repo, path) for path in sorted(folder.rglob("*") if deep else folder.iterdir())]


def entry(repo: Path, path: Path) -> dict:
    name = path.relative_to(repo).as_posix()
    kind, size = ("directory", 0) if path.is_dir() else ("file", path.stat().st_size)
    return {"type": kind, "path": name, "oid": hashlib.sha1(name.encode()).hexdigest()} | {
        "size": size
    }
