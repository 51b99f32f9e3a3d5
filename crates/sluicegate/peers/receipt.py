"""Reads a consent receipt with PyLD, without a network, and prints its triples."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "python"))

from pyld import jsonld  # noqa: E402


def nobody(url, options):
    raise AssertionError(f"the receipt asks for {url}")


jsonld.set_document_loader(nobody)
receipt = json.load(sys.stdin)
jsonld.expand(receipt)
print(jsonld.normalize(receipt, {"algorithm": "URDNA2015", "format": "application/n-quads"}), end="")
