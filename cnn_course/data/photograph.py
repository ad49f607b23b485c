"""A photograph, for whoever wants to see what a kernel does."""

import torch
import torch.nn.functional as F

from cnn_course.checks import whole_number


def load_photograph(height=300):
    """Return a grey photograph, float32 (height, width) in [0, 1].

    Rear Admiral Grace Hopper, a pioneer of compilers: a picture of the US Navy,
    in the public domain, that is installed with matplotlib (512×600 pixels). Raises
    TypeError or ValueError unless `height` is a whole number from 1 to 4096.
    """
    height = whole_number("height", height, 1, 4096)
    from matplotlib import cbook
    from PIL import Image

    with cbook.get_sample_data("grace_hopper.jpg") as file:
        image = Image.open(file).convert("L")
        pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    X = pixels.view(1, 1, image.height, image.width).float() / 255
    size = (height, max(1, round(image.width * height / image.height)))
    return F.interpolate(X, size=size, mode="bilinear", antialias=True)[0, 0]
