"""A picture of one's own for a view: read small, grey, and only if it is a picture."""

import io

import numpy as np
import torch
from PIL import Image, ImageOps

SMALLEST = 8  # pixels of a picture each way: one more than the largest kernel


class PictureFile:
    """The picture in use, float32 (H, W) in [0, 1], and a control to choose another.

    An element of the view's picture with `data_file="image/*"` asks for the file.
    """

    def __init__(self, photo):
        self.value = photo

    def touch(self, place, touch):
        """Take the picture of a file; ValueError if it cannot be used."""
        if touch.kind == "file":
            try:
                self.value = read_picture(touch.file)
            except ValueError as error:
                told = f"{touch.key}: {error} The picture you had stays."
                raise ValueError(told) from None


def read_picture(content):
    """Return a grey picture, float32 (H, W) in [0, 1], from the bytes of its file.

    It is 300 high and 400 wide at most. Raises ValueError with a sentence for what is
    no picture, for one that is too small, and for None: a file that was too large.
    """
    if content is None:
        raise ValueError("this file is larger than 10 MB. Make the picture smaller.")
    try:
        # Telephones save portraits lying down.
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
        if image.mode.startswith("I"):  # 16 bits, that converting would cut, not scale
            image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
        image = image.convert("RGBA")
        image.thumbnail((400, 300))
    except Exception:  # decoders of damaged files raise whatever they stumble over
        told = "this is no picture that can be read, or damaged, or huge. Take a JPEG."
        raise ValueError(told) from None
    if min(image.size) < SMALLEST:
        raise ValueError(
            f"made to fit in here, this picture has {image.height}×{image.width} "
            f"pixels (height × width). Take one with at least {SMALLEST}×{SMALLEST}."
        )
    white = Image.new("RGBA", image.size, "white")  # behind what is transparent
    grey = Image.alpha_composite(white, image).convert("L")
    return torch.from_numpy(np.asarray(grey, dtype=np.float32) / 255)
