"""Fashion-MNIST as tensors on the device, and batches cut from them by index.

The whole data set is one uint8 tensor on the device (47 MB), so a batch is an index
operation there and needs no worker process: the idea of Keller Jordan's airbench.
"""

import copy
import functools

import torch
import torch.nn.functional as F

from cnn_course.checks import whole_number
from cnn_course.data.fashion_mnist import read_verified
from cnn_course.data.where import find_fashion_mnist
from cnn_course.device import torch_as_it_starts, try_gpu
from cnn_course.files import say

CLASSES = tuple(
    "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, "
    "Ankle boot".split(", ")
)


class Batches:
    """Batches (X, y) cut from a data set that stays on its device.

    X is float32 (N, 1, H, W) in [0, 1], y is int64 (N,). `len()` is the number of
    batches; the last one may be short. With `shuffle` every pass has a new order, drawn
    by torch's own random numbers, so that `set_seed` decides it; without it the order
    stays. `images` is uint8 (n, h, w), `labels` int64 (n,), `name` says which data set
    this is, `classes` names the labels.
    """

    classes = CLASSES

    def __init__(
        self, images, labels, batch_size, *, resize=None, shuffle=False, name=""
    ):
        self.images, self.labels, self.name = images, labels, name
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.resize = resize
        if resize is not None:
            sides = resize if isinstance(resize, (tuple, list)) else (resize, resize)
            self.resize = tuple(whole_number("resize", n, 1, 4096) for n in sides)
        self.shuffle = shuffle

    @property
    def device(self):
        return self.images.device

    def __len__(self):
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self):
        n = len(self.labels)
        # On the CPU, so that every device sees the same order for the same seed.
        draw = torch.randperm if self.shuffle else torch.arange
        order = draw(n, device="cpu").to(self.device)
        for rows in order.split(min(self.batch_size, n)):
            yield to_float(self.images[rows], self.resize), self.labels[rows]

    def __repr__(self):
        n, h, w = self.images.shape
        size = "" if self.resize is None else f" resized to {self.resize}"
        return (
            f"{len(self)} batches of {self.batch_size} from {n:,} images "
            f"({h}×{w}{size}) of {self.name}, on {self.device}"
        )


def to_float(images, resize=None):
    """Turn uint8 images (N, h, w) into float32 (N, 1, H, W) in [0, 1].

    `resize` is (H, W) or None. Bilinear with antialiasing: what torchvision's
    `Resize` and `ToTensor` give for PIL images, within 1/255 (PIL rounds twice).
    """
    X = images.unsqueeze(1).float() / 255
    if resize is None or tuple(resize) == X.shape[-2:]:
        return X
    (h, w), (H, W) = X.shape[-2:], resize
    rows, columns = _resizing(h, H, X.device), _resizing(w, W, X.device)
    return rows @ (X @ columns.T)  # in this order, which is the faster one


@functools.lru_cache(maxsize=8)
def _resizing(n, m, device):
    """Return the matrix, float32 (m, n), that resizes n numbers in a row to m.

    Resizing is linear, so its matrix is what it makes of the identity. Two products
    with it give what F.interpolate gives for a picture, in less time.
    """
    rows = torch.eye(n, dtype=torch.float32, device="cpu")[None, None]
    # Antialiasing changes nothing unless it shrinks.
    rows = F.interpolate(rows, size=(m, n), mode="bilinear", antialias=m < n)
    return rows[0, 0].to(device)


@torch_as_it_starts()  # whatever an earlier cell has switched
def load_data_fashion_mnist(
    batch_size,
    resize=None,
    *,
    train_size=None,
    test_size=None,
    device=None,
    seed=0,
    root=None,
):
    """Return (train_iter, test_iter), two `Batches` on the device.

    Looks for Fashion-MNIST in `root` (default: $CNN_COURSE_DATA) and in the per-user
    cache, and downloads what is missing, into `root` if that is an empty folder or has
    FashionMNIST/raw, else into the cache; failing all that it takes the sample, 7,000
    of the 70,000 pictures. All files are verified by their MD5 at every load. Prints
    which data set it is and why.

    batch_size  images in a batch
    resize      None (28×28), a side in pixels, or (height, width); done per batch
    train_size, test_size  fewer images, of each class as many as of the others where
                there are enough of it; more than there are means all of them
    device      default: `try_gpu()`
    seed        of the choice of a subset, and of nothing else: `set_seed` decides the
                order of the batches
    root        a folder with the four files, packed or not, in FashionMNIST/raw or
                where other tools put them; "built-in" asks for the sample

    Raises TypeError or ValueError for a bad argument, ValueError if a file is damaged.
    """
    device = try_gpu() if device is None else device
    files, name, why = find_fashion_mnist(root)
    train, test = read_verified(files)

    def batches(images, labels, size, shuffle):
        if size is not None and size < len(labels):
            rows = stratified(labels, size, seed)
            images, labels = images[rows], labels[rows]
        options = {"resize": resize, "shuffle": shuffle, "name": name}
        return Batches(images.to(device), labels.to(device), batch_size, **options)

    train_iter = batches(*train, train_size, shuffle=True)
    test_iter = batches(*test, test_size, shuffle=False)
    what = name if files else f"{name}, 7,000 of 70,000 pictures"
    n, n_test = len(train_iter.labels), len(test_iter.labels)
    say(f"data: {what}, {n:,} training and {n_test:,} test images: {why}")
    return train_iter, test_iter


def stratified(labels, size, seed=0):
    """Return sorted rows, int64 (size,), in which the classes are as even as can be.

    `labels` is int64 (n,). Every class has as many rows or one more; only one that has
    too few examples has fewer, all of them.
    """
    whole_number("size", size, 1, len(labels))
    # On the CPU, so that every device sees the same choice for the same seed.
    lot = {"generator": torch.Generator("cpu").manual_seed(seed), "device": "cpu"}
    classes, counts = labels.unique(return_counts=True)
    share = torch.full_like(counts, size // len(classes))
    share[torch.randperm(len(classes), **lot)[: size % len(classes)]] += 1
    share = torch.minimum(share, counts)
    while share.sum() < size:  # what some classes lack the others give, one by one
        share[(share < counts).nonzero()[: size - share.sum()]] += 1
    chosen = []
    for label, k in zip(classes, share.tolist(), strict=True):
        rows = (labels == label).nonzero().flatten()
        chosen.append(rows[torch.randperm(len(rows), **lot)[:k]])
    return torch.cat(chosen).sort().values


def hold_out(train_iter, size, seed=0):
    """Return (rest, held_out): two `Batches` that share out the pictures of one.

    What is chosen, a rate or a number of epochs, is chosen by the accuracy on the
    `size` held-out training pictures, drawn by `stratified`: test pictures that help
    to choose no longer tell how well the network does on new ones. The held-out
    batches keep one order.
    """
    labels = train_iter.labels
    apart = torch.zeros(len(labels), dtype=torch.bool, device=labels.device)
    apart[stratified(labels.cpu(), size, seed).to(labels.device)] = True
    rest, held_out = copy.copy(train_iter), copy.copy(train_iter)
    for batches, rows in ((rest, ~apart), (held_out, apart)):
        batches.images, batches.labels = train_iter.images[rows], labels[rows]
    held_out.shuffle = False
    return rest, held_out


def scattered(data_iter, side=64, seed=0):
    """Return batches of sheets of `side` × `side` pixels, one picture on each.

    Where it lies is drawn from `seed`: `places`, int64 (n, 2) on the CPU, has its first
    row and column. The rest of a sheet is black.
    """
    n, h, w = data_iter.images.shape
    lot = {"generator": torch.Generator().manual_seed(seed)}
    room = side + 1 - torch.tensor([h, w])
    places = (torch.rand(n, 2, **lot) * room).long()
    sheets = data_iter.images.new_zeros(n, side, side)
    for i, (row, column) in enumerate(places.tolist()):
        sheets[i, row : row + h, column : column + w] = data_iter.images[i]
    batches = copy.copy(data_iter)
    batches.images, batches.places = sheets, places
    return batches
