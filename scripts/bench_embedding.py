"""What scripts/bench_sync.py holds the sync's embedding against: the local model alone, and an
embedding service that answers at once."""

import base64
import hashlib
import json
import multiprocessing
import re
import struct
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench import MODEL, PRECIS

DIMENSION = 384
# Texts whose tokens are counted: enough for a mean.
MOST_COUNTED = 2_000


# ---------------------------------------------------------------------------- the model alone


def model_rates():
    """How many texts of so many tokens the example `embed_rate` embeds a second: pairs, none if it
    is not built."""
    example = PRECIS.parent / "examples" / "embed_rate"
    if not example.exists():
        return []
    output = subprocess.run([example, MODEL], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"(\d+)-token passages: ([\d.]+) a second", output)
    return [(int(tokens), float(rate)) for tokens, rate in found]


def mean_seconds(rates):
    """Seconds for one text, by its tokens, in their order."""
    by_tokens = {}
    for tokens, rate in rates:
        by_tokens.setdefault(tokens, []).append(1 / rate)
    return sorted((tokens, sum(each) / len(each)) for tokens, each in by_tokens.items())


def between(points, tokens):
    """Seconds for a text of so many tokens, on straight lines through the points."""
    pairs = list(zip(points, points[1:]))
    (x0, y0), (x1, y1) = next((pair for pair in pairs if tokens <= pair[1][0]), pairs[-1])
    return y0 + (y1 - y0) * (tokens - x0) / (x1 - x0)


class Tokens:
    """Counts a text's tokens as the local model does, WordPiece with an uncased vocabulary."""

    MOST = 256

    def __init__(self):
        self.vocabulary = json.loads((MODEL / "tokenizer.json").read_text())["model"]["vocab"]
        self.known = {}

    def count(self, text):
        words = re.findall(r"\w+|[^\w\s]", text.lower())
        return min(self.MOST, 2 + sum(map(self.pieces, words)))

    def pieces(self, word):
        if word not in self.known:
            self.known[word] = self.cut(word)
        return self.known[word]

    def cut(self, word):
        pieces, start = 0, 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self.vocabulary), None)
            if end is None:
                return 1
            pieces, start = pieces + 1, end
        return pieces


# ---------------------------------------------------------------------------- a service


class Service:
    """An embedding service in a process of its own that speaks the OpenAI protocol."""

    def __enter__(self):
        receiver, sender = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=serve, args=(sender,), daemon=True)
        self.process.start()
        self.url = f"http://127.0.0.1:{receiver.recv()}"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()

    @property
    def config(self):
        return (
            f'provider = "openai"\nendpoint = "{self.url}/v1"\nmodel = "none"\n'
            f"dimension = {DIMENSION}"
        )

    def stats(self):
        with urllib.request.urlopen(self.url + "/stats") as reply:
            return json.load(reply)


def serve(sender):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sender.send(server.server_port)
    server.serve_forever()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    lock = threading.Lock()
    texts, requests, seconds = [], 0, 0.0

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        begun = time.monotonic()
        texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        write = in_base64 if asked.get("encoding_format") == "base64" else in_floats
        items = [
            b'{"object":"embedding","index":%d,"embedding":%s}' % (index, write(text))
            for index, text in enumerate(texts)
        ]
        usage = b'"usage":{"prompt_tokens":0,"total_tokens":0}}'
        self.reply(b'{"object":"list","model":"none","data":[' + b",".join(items) + b"]," + usage)
        with self.lock:
            Handler.seconds += time.monotonic() - begun
            Handler.requests += 1
            Handler.texts.extend(texts)

    def do_GET(self):
        """What was asked for so far. Tokens are counted now, when nobody waits for vectors."""
        tokens = Tokens()
        lengths = [tokens.count(text) for text in self.texts[:MOST_COUNTED]]
        stats = {"texts": len(self.texts), "requests": self.requests}
        self.reply(json.dumps({**stats, "seconds": self.seconds, "tokens": lengths}).encode())

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def pieces_of_vectors():
    """256 pieces of vectors, so that a vector takes no arithmetic: six pieces by a text's hash."""
    length = DIMENSION // 6
    pieces = []
    for number in range(256):
        noise = hashlib.shake_128(bytes([number])).digest(length)
        pieces.append([(byte - 127.5) / 2048 for byte in noise])
    return pieces


PIECES = pieces_of_vectors()
WRITTEN = [",".join(f"{value:.4f}" for value in piece).encode() for piece in PIECES]
PACKED = [struct.pack(f"<{len(piece)}f", *piece) for piece in PIECES]


def in_floats(text):
    return b"[" + b",".join(WRITTEN[byte] for byte in chosen(text)) + b"]"


def in_base64(text):
    packed = b"".join(PACKED[byte] for byte in chosen(text))
    return b'"' + base64.b64encode(packed) + b'"'


def chosen(text):
    return hashlib.sha256(text.encode()).digest()[:6]
