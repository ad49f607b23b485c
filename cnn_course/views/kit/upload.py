"""A picture of one's own for a view: read small, grey, and only if it is a picture."""

import io
import warnings

import numpy as np
import torch
from PIL import Image, ImageOps

HEIGHT, WIDTH = 300, 400  # at most; a larger picture is made smaller
SMALLEST = 8  # pixels each way: one more than the largest kernel


class PictureFile:
    """The picture in use, and a control to choose another: an element of the picture
    with `data_file="image/*"` lets a student choose a file of his own.

    photo  the picture at first, float32 (H, W) in [0, 1]
    """

    def __init__(self, photo):
        self.photo, self.problem, self.news = photo, None, None

    def read(self):
        """Return the picture; `problem` is then what was wrong with a new file."""
        self.problem, self.news = self.news, None  # said once
        return self.photo

    def touch(self, place, touch):
        """Take the picture of a file; if it cannot be used, the one before it stays."""
        if touch.kind != "file":
            return
        try:
            if touch.file is None:
                raise ValueError(
                    "this file is larger than 10 MB, and a Jupyter server takes no "
                    "more at once. Make the picture smaller and try again."
                )
            self.photo = read_picture(touch.file)
        except ValueError as error:
            self.news = f"{touch.key}: {error} The picture you had stays."


def read_picture(content):
    """Return a grey picture, float32 (H, W) in [0, 1], from the bytes of its file.

    It is 300 high and 400 wide at most. Raises ValueError with a sentence for what is
    no picture, and for one that is too small or too large.
    """
    try:
        image, size = _grey(content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            "this picture is huge and would fill the memory. Make it smaller than "
            f"{Image.MAX_IMAGE_PIXELS // 10**6} million pixels and try again."
        ) from None
    except Exception:  # decoders of damaged files raise whatever they stumble over
        raise ValueError(
            "this is no picture that can be read, or it is damaged. Take a JPEG or "
            "PNG file."
        ) from None
    if min(image.shape) < SMALLEST:
        raise ValueError(
            f"this picture has {size[1]}×{size[0]} pixels (height × width), "
            f"{image.shape[0]}×{image.shape[1]} as shown here: a kernel needs room. "
            f"Take one with at least {SMALLEST}×{SMALLEST}."
        )
    return torch.from_numpy(image)


def _grey(content):
    """Return the small grey picture as an array, and its (width, height) before."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = Image.open(io.BytesIO(content))
    size = image.size
    # A JPEG can be decoded at a half, a quarter or an eighth of its size at once.
    image.draft("L", (2 * HEIGHT, 2 * HEIGHT))
    image = ImageOps.exif_transpose(image)  # telephones save portraits lying down
    if image.mode.startswith("I"):  # 16 bits: converting would cut them, not scale
        image.thumbnail((WIDTH, HEIGHT))
        return np.asarray(image, dtype=np.float32) / 65535, size
    image = image.convert("RGBA" if image.has_transparency_data else "L")
    image.thumbnail((WIDTH, HEIGHT))
    if image.mode == "RGBA":  # what is transparent looks white, as on paper
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("L"), dtype=np.float32) / 255, size
