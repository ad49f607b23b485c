"""Fashion-MNIST, or the built-in garments, as tensors on the device; batches by index.

The whole data set is one uint8 tensor on the device (47 MB), so a batch is an index
operation there and needs no worker process: the idea of Keller Jordan's airbench.
"""

import torch
import torch.nn.functional as F

from cnn_course.checks import MAX_SEED, flag, instance, refuse, whole_number
from cnn_course.data.fashion_mnist import check_root, find_fashion_mnist
from cnn_course.data.garments import CLASSES, draw_garments
from cnn_course.data.raw_files import read_verified
from cnn_course.device import chosen_device, is_out_of_memory

TRAIN_SIZE, TEST_SIZE = 60_000, 10_000


class Batches:
    """Batches (X, y) cut from a data set that stays on its device.

    X is float32 (N, 1, H, W) in [0, 1], y is int64 (N,). `len()` is the number of
    batches; the last one may be short. With `shuffle` every pass has a new order,
    drawn from `seed` until the next `set_seed`; without it the order stays. `images`
    is uint8 (n, h, w), `labels` int64 (n,), `name` says which data set this is,
    `classes` names the labels. Raises TypeError or ValueError for a bad argument.
    """

    classes = CLASSES

    def __init__(
        self, images, labels, batch_size, *, resize=None, shuffle=False, seed=0, name=""
    ):
        self.images = _tensor("images", images, torch.uint8, 3, "uint8 (n, h, w)")
        self.labels = _tensor("labels", labels, torch.int64, 1, "int64 (n,)")
        if len(images) != len(labels) or images.device != labels.device:
            raise ValueError(
                "images and labels must be as many, on one device; got "
                f"{len(images):,} images on {images.device} and {len(labels):,} labels "
                f"on {labels.device}"
            )
        self.name = instance("name", name, str, "a text")
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.resize = _height_width(resize)
        self.shuffle = flag("shuffle", shuffle)
        # On the CPU, so that every device sees the same order for the same seed.
        self._generator = torch.Generator()
        self.reseed(seed)

    def reseed(self, seed):
        """Start the shuffling again, from `seed`; it holds until the next `set_seed`.

        Raises TypeError or ValueError unless `seed` is a whole number of at least 0.
        """
        self._generator.manual_seed(whole_number("seed", seed, 0, MAX_SEED))

    @property
    def device(self):
        return self.images.device

    def __len__(self):
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self):
        n = len(self.labels)
        if self.shuffle:
            order = torch.randperm(n)
        else:
            order = torch.arange(n)
        # A batch of 10**30 is fine, and all the data; `split` takes no such number.
        for rows in order.to(self.device).split(min(self.batch_size, n)):
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
    # Antialiasing changes nothing when no side shrinks, and costs time.
    shrinks = resize[0] < X.shape[-2] or resize[1] < X.shape[-1]
    return F.interpolate(X, size=resize, mode="bilinear", antialias=shrinks)


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
    cache, and downloads what is missing into the first of them that is there and can
    be written to; failing all that it draws the built-in garments. The four raw files
    are verified by size and MD5 at every load. Prints which data set it is and why.

    batch_size  images in a batch
    resize      None (28×28), a side in pixels, or (height, width); done per batch
    train_size, test_size  fewer images, the same number of each class (the odd ones
                out go to random classes), chosen by `seed`
    device      default: `try_gpu()`
    seed        of the shuffling and of the choice of a subset
    root        a folder with FashionMNIST/raw in it, or "built-in"

    Raises TypeError or ValueError for a bad argument, ValueError for a raw file that
    is missing beside the others or is not the published one, and torch.OutOfMemoryError
    if the device has no room.
    """
    train_size = whole_number(
        "train_size", TRAIN_SIZE if train_size is None else train_size, 1, TRAIN_SIZE
    )
    test_size = whole_number(
        "test_size", TEST_SIZE if test_size is None else test_size, 1, TEST_SIZE
    )
    # Before the data are read, so that a slip costs no time.
    whole_number("batch_size", batch_size, 1)
    seed = whole_number("seed", seed, 0, MAX_SEED)
    resize = _height_width(resize)
    check_root(root)
    device = chosen_device(device)
    folder, name, why = find_fashion_mnist(root)
    if folder is None:
        # Whole thousands hold every class equally often; the subset is cut below.
        train = draw_garments(-(-train_size // 1000) * 1000, seed=0)
        test = draw_garments(-(-test_size // 1000) * 1000, seed=1)
    else:
        contents = read_verified(folder)
        train, test = contents[:2], contents[2:]
    iters = []
    for (images, labels), size, shuffle in (
        (train, train_size, True),
        (test, test_size, False),
    ):
        if size < len(labels):
            rows = stratified(labels, size, seed)
            images, labels = images[rows], labels[rows]
        iters.append(
            Batches(
                *_moved((images, labels), device),
                batch_size,
                resize=resize,
                shuffle=shuffle,
                seed=seed,
                name=name,
            )
        )
    print(f"data: {name}, {train_size:,} training and {test_size:,} test images: {why}")
    return tuple(iters)


def stratified(labels, size, seed=0):
    """Return sorted rows, int64 (size,), with every class equally often, or one more.

    `labels` is int64 (n,). Raises TypeError or ValueError for a bad argument, and
    ValueError if a class has too few examples for its share.
    """
    _tensor("labels", labels, torch.int64, 1, "int64 (n,)")
    size = whole_number("size", size, 1, len(labels))
    seed = whole_number("seed", seed, 0, MAX_SEED)
    generator = torch.Generator().manual_seed(seed)
    classes, counts = labels.unique(return_counts=True)
    share = torch.full_like(counts, size // len(classes))
    share[torch.randperm(len(classes), generator=generator)[: size % len(classes)]] += 1
    if (share > counts).any():
        raise ValueError(
            f"size {size:,} needs up to {share.max():,} examples of every class; "
            f"the rarest class has {counts.min():,}"
        )
    chosen = []
    for c, k in zip(classes, share.tolist(), strict=True):
        rows = (labels == c).nonzero().flatten()
        chosen.append(rows[torch.randperm(len(rows), generator=generator)[:k]])
    return torch.cat(chosen).sort().values


def _tensor(name, value, dtype, axes, allowed):
    allowed = f"a tensor, {allowed} with n of at least 1"
    instance(name, value, torch.Tensor, allowed)
    plain = value.layout == torch.strided and value.numel()
    if value.dtype != dtype or value.ndim != axes or not plain:
        refuse(name, allowed, value)
    return value


def _moved(tensors, device):
    """Return the tensors on `device`; raise torch.OutOfMemoryError if it is full."""
    try:
        return [tensor.to(device) for tensor in tensors]
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    # Here, not above: an error that holds another one holds its tensors, too.
    needed = sum(tensor.nbytes for tensor in tensors)
    raise torch.OutOfMemoryError(
        f"out of memory: {device} has no room for {f'{needed / 1e6:.0f} MB'} of pictures and "
        "labels. Another notebook may hold it: choose Kernel → Shut Down All Kernels, "
        'and run this one again; or pass device="cpu".'
    )


def _height_width(resize):
    if resize is None:
        return None
    if isinstance(resize, (tuple, list)):
        if len(resize) != 2:
            raise ValueError(
                f"resize must be a side or (height, width); got {resize!r}"
            )
        return tuple(whole_number("resize", side, 1, 4096) for side in resize)
    return (whole_number("resize", resize, 1, 4096),) * 2
