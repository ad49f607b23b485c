"""Reads a drawn SVG: its texts, where they stand, and how well they can be read."""

import copy
import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
from PIL import Image

from cnn_course.views.kit import svg


def words_of(element):
    """Yield (text element, its shift right, down, its fill) for every text."""

    def walk(node, x, y, fill):
        shift = re.match(
            r"translate\(([-\d.]+)[ ,]([-\d.]+)\)", node.get("transform", "")
        )
        if shift:
            x, y = x + float(shift[1]), y + float(shift[2])
        fill = node.get("fill", fill)
        if "when-lit" in node.get("class", ""):
            return  # over everything else, on a sheet of its own
        if node.tag.endswith("}text") and "".join(node.itertext()).strip():
            yield node, x, y, fill
        for child in node:
            yield from walk(child, x, y, fill)

    yield from walk(element, 0.0, 0.0, "#000000")


def contrast(one, other):
    """Return the contrast of two colours, (r, g, b) to 255, as in WCAG 2: 1 to 21."""

    def luminance(colour):
        c = np.asarray(colour, dtype=float) / 255
        c = np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return c @ (0.2126, 0.7152, 0.0722)

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def read_contrasts(drawn, theme):
    """Return [(contrast, words), …]: every text of a picture on what is under it."""
    tree = ElementTree.fromstring(svg.themed(drawn, theme))
    bare = copy.deepcopy(tree)
    for node in list(bare.iter()):
        for child in list(node):
            if child.tag.endswith("}text") or "when-lit" in child.get("class", ""):
                node.remove(child)
    content = svg.png(ElementTree.tostring(bare, encoding="unicode"), theme, 1)
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    found = []
    for node, right, down, fill in words_of(tree):
        words, size = "".join(node.itertext()), float(node.get("font-size", 14))
        width = svg.width_of(words, size, node.get("font-weight") == "bold")
        x, y = float(node.get("x")) + right, float(node.get("y")) + down
        x -= {"middle": width / 2, "end": width}.get(node.get("text-anchor"), 0)
        assert re.fullmatch("#[0-9A-Fa-f]{6}", fill), (fill, words)
        ink = [int(fill[i : i + 2], 16) for i in (1, 3, 5)]
        shares = np.linspace(0.1, 0.9, 7)
        columns = np.clip(x + width * shares, 0, pixels.shape[1] - 1).astype(int)
        row = int(np.clip(y - 0.36 * size, 0, pixels.shape[0] - 1))
        under = sorted(contrast(ink, pixels[row, column]) for column in columns)
        found.append((under[1], words))  # a line may cross it once
    return found
