"""A photograph, for whoever wants to see what a kernel does."""

import torch
import torch.nn.functional as F

from cnn_course.device import torch_as_it_starts


@torch_as_it_starts()  # whatever an earlier cell has switched
def load_photograph(height=300, *, colour=False):
    """Return a photograph, float32 in [0, 1]: (height, width), in colour (3, …, …).

    Rear Admiral Grace Hopper, a pioneer of compilers: a picture of the US Navy,
    in the public domain, that is installed with matplotlib (600 × 512 pixels).
    """
    from matplotlib import cbook
    from PIL import Image

    with cbook.get_sample_data("grace_hopper.jpg") as file:
        image = Image.open(file).convert("RGB" if colour else "L")
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    X = pixels.view(1, image.height, image.width, -1).permute(0, 3, 1, 2).float() / 255
    size = (height, max(1, round(image.width * height / image.height)))
    X = F.interpolate(X, size=size, mode="bilinear", antialias=True)[0]
    return X if colour else X[0]
