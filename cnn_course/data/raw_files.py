"""Fashion-MNIST's four raw files: verified byte by byte, or told what is wrong.

The format is IDX: a header of big-endian 32-bit whole numbers, then one byte a pixel
or label. The header of images is 2051, count, height, width; of labels 2049, count.
"""

import errno
import hashlib
import os
import stat
import struct

# name: (bytes, MD5) of the published raw files, in the order they are read
RAW_FILES = {
    "train-images-idx3-ubyte": (47_040_016, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    "train-labels-idx1-ubyte": (60_008, "9018921c3c673c538a1fc5bad174d6f9"),
    "t10k-images-idx3-ubyte": (7_840_016, "8181f5470baa50b63fa0f6fddb340f0a"),
    "t10k-labels-idx1-ubyte": (10_008, "15d484375f8d13e6eb1aabb0c3f46965"),
}
KINDS = {2051: "images", 2049: "labels"}
GZIP = b"\x1f\x8b"


def read_verified(folder):
    """Return the training images and labels, then the test images and labels.

    Images are uint8 (n, 28, 28), labels int64 (n,). Raises ValueError for a file that
    is missing, cannot be read or is not the published one: which, why, what to do.
    """
    import torch  # late: looking after bytes needs no torch

    tensors = []
    for name in RAW_FILES:
        raw = _verified_bytes(folder / name)
        if "images" in name:
            images = torch.frombuffer(raw, dtype=torch.uint8, offset=16)
            tensors.append(images.view(-1, 28, 28))
        else:
            tensors.append(torch.frombuffer(raw, dtype=torch.uint8, offset=8).long())
    return tensors


def missing_files(folder):
    """Return the names of the raw files that are not in `folder`."""
    return [name for name in RAW_FILES if not os.path.exists(folder / name)]


def fault(name, raw, length=None):
    """Return what is wrong with the bytes of the raw file `name`, None if nothing.

    `length` is the whole file's where `raw` is only its beginning. A file is good by
    its size and MD5 alone; the rest only finds the most telling words.
    """
    size, md5 = RAW_FILES[name]
    length = len(raw) if length is None else length
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if length == size and found == md5:
        return None
    head = 16 if "images" in name else 8
    if raw[:2] == GZIP:
        return "it is still packed (gzip)"
    if raw[:200].lstrip().startswith(b"<"):
        return "it is a web page, not data: perhaps a login page was saved"
    if len(raw) < head:
        return f"it is cut short: {length:,} bytes of {size:,}"
    wrong = _wrong_header(name, struct.unpack(f">{head // 4}I", raw[:head]))
    if wrong:
        return wrong
    if length < size:
        return f"it is cut short: {length:,} bytes of {size:,}"
    if length > size:
        return f"it is too long: {length:,} bytes instead of {size:,}"
    if "labels" in name and max(raw[head:]) > 9:
        bad = [i for i, label in enumerate(raw[head:]) if label > 9]
        return (
            f"the label of image {bad[0]:,} (counted from 0) is {raw[head + bad[0]]}, "
            f"but labels go from 0 to 9 ({len(bad):,} of {size - head:,} do not)"
        )
    return f"its MD5 is {found} instead of {md5}, so some bytes were changed"


def _wrong_header(name, numbers):
    """Return what is wrong with the numbers of a header, None if nothing."""
    kind = "images" if "images" in name else "labels"
    magic, count, *sides = numbers
    if KINDS.get(magic) != kind:
        expected = next(number for number in KINDS if KINDS[number] == kind)
        holds = f" (a file of {KINDS[magic]})" if magic in KINDS else ""
        return (
            f"it begins with the number {magic}{holds} instead of {expected} "
            f"(a file of {kind})"
        )
    size = RAW_FILES[name][0]
    belong = (size - 16) // 784 if sides else size - 8
    if count != belong:
        return f"it has {count:,} {kind} where {belong:,} belong"
    if sides and sides != [28, 28]:
        return f"its images have {sides[0]}×{sides[1]} pixels instead of 28×28"
    return None


def _verified_bytes(path):
    """Return the bytes of a raw file, or raise ValueError with what to do about it."""
    size, _ = RAW_FILES[path.name]
    packed = path.with_name(path.name + ".gz")
    try:
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind):  # opening a pipe would wait for ever
            what = "a folder" if stat.S_ISDIR(kind) else "no ordinary file"
            raise ValueError(f"{path} is {what}, not a data file. {_advice(path)}.")
        with open(path, "rb") as file:
            length = os.fstat(file.fileno()).st_size
            # Writable, or frombuffer warns; and no more than a good file can have.
            raw = bytearray(file.read(size))
    except FileNotFoundError:
        if packed.exists():
            raise ValueError(
                f"{path} is missing, but lies there packed. Unpack it in a terminal: "
                f'python -m gzip -d "{packed}"'
            ) from None
        raise ValueError(
            f"{path} is missing. Fashion-MNIST is four files, and this folder holds "
            "only some of them. Copy the missing one into it, or name another folder."
        ) from None
    except OSError as error:
        denied = error.errno in (errno.EACCES, errno.EPERM)
        why = "you may not read it" if denied else error.strerror
        advice = "Copy the four files to a folder of your own"
        if denied:
            advice = "Ask whoever put it there to let everybody read it"
        raise ValueError(
            f"{path} cannot be read: {why}. {advice}, or name another folder."
        ) from None
    wrong = fault(path.name, raw, length)
    if wrong and "packed" in wrong:
        raise ValueError(
            f"{path} is damaged: {wrong}. Rename it to {packed.name} and unpack it in "
            f'a terminal: python -m gzip -d "{packed}"'
        )
    if wrong:
        raise ValueError(f"{path} is damaged: {wrong}. {_advice(path)}.")
    return raw


def _advice(path):
    if os.access(path.parent, os.W_OK):
        return "Delete it and load again: it will be downloaded anew"
    return "Ask for a good copy in its place, or name another folder"
