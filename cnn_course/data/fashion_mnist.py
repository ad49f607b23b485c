"""Fashion-MNIST's four files as tensors, if they are the published ones.

The format is IDX: a header of 16 bytes for images and 8 for labels, then one byte a
pixel or label.
"""

import gzip
import hashlib
import zlib
from pathlib import Path

import torch

# name: (bytes, MD5) of the published files, unpacked
FILES = {
    "train-images-idx3-ubyte": (47_040_016, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    "train-labels-idx1-ubyte": (60_008, "9018921c3c673c538a1fc5bad174d6f9"),
    "t10k-images-idx3-ubyte": (7_840_016, "8181f5470baa50b63fa0f6fddb340f0a"),
    "t10k-labels-idx1-ubyte": (10_008, "15d484375f8d13e6eb1aabb0c3f46965"),
}
# Their first 6,000 and first 1,000 pictures, which are installed with the course
SAMPLE = Path(__file__).parent / "sample"


def read_verified(files):
    """Return (images, labels) of the training pictures, and of the test pictures.

    Images are uint8 (n, 28, 28), labels int64 (n,). `files` is {published name: path},
    None the sample. Raises ValueError for a file that cannot be read or is not the
    published one: which, why, what to do.
    """
    tensors = []
    for name in FILES:
        path = files[name] if files else SAMPLE / f"{name}.gz"
        try:
            raw = path.read_bytes()
            raw = published(name, raw) if files else gzip.decompress(raw)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{path} cannot be used: {error}. Delete it and load again, which "
                "downloads it, or name another folder"
            ) from None
        head = 16 if "images" in name else 8
        # bytearray, because torch warns of bytes that cannot be written to.
        tensors.append(torch.frombuffer(bytearray(raw), dtype=torch.uint8, offset=head))
    X_train, y_train, X_test, y_test = tensors
    train = X_train.view(-1, 28, 28), y_train.long()
    return train, (X_test.view(-1, 28, 28), y_test.long())


def published(name, raw):
    """Return the bytes of a file, unpacked; ValueError unless they are as published."""
    try:
        if raw.startswith(b"\x1f\x8b"):  # packed, whatever the file is called
            raw = gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"it cannot be unpacked ({error})") from None
    size, md5 = FILES[name]
    if hashlib.md5(raw, usedforsecurity=False).hexdigest() == md5:
        return raw
    if raw[:200].lstrip().startswith(b"<"):
        raise ValueError("it is a web page: does this network want you to log in?")
    if len(raw) != size:
        raise ValueError(f"it has {len(raw):,} bytes instead of {size:,}")
    raise ValueError("it is damaged, or of MNIST, whose files have the same names")
