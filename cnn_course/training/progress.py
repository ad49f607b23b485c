"""What shows the progress of `train`: a bar, in notebooks and in terminals.

`train(…, progress=show)` calls show(net, train_iter, num_epochs, shown, device,
watch_classes) for a context manager with the methods of `ProgressBar`, whose
`__exit__` is told how training ended. An interrupt can come while any of them runs, and
must be let through.
"""

import time


class ProgressBar:
    """A bar over all epochs with images/s and the loss; silent unless `shown`."""

    def __init__(self, net, train_iter, num_epochs, shown, device, watch_classes=False):
        from tqdm.auto import tqdm  # a widget in a notebook, text elsewhere

        batches = count_batches(train_iter)
        self.num_epochs, self.device = num_epochs, device
        self.epochs = self.step = 0
        self.bar = tqdm(
            total=batches and batches * num_epochs,
            unit="batch",
            leave=False,
            disable=not shown,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.bar.close()

    def start(self, epoch, history):
        """Begin an epoch, counted from 0; `history` is of those before."""
        self.bar.set_description(f"epoch {epoch + 1}/{self.num_epochs}")
        if epoch > self.epochs:  # that much was trained before
            self.bar.update(epoch * ((self.bar.total or 0) // self.num_epochs))
        self.epochs, self.step = epoch, 0
        self.loss = history.loss[-1] if history.loss else None
        self.images, self.since = 0, time.perf_counter()

    def advance(self, images, loss):
        """Count a step; its `loss` is a tensor on the device."""
        self.step += 1
        self.images += images
        if self.bar.update() and not self.bar.disable:
            speed = self.images / (time.perf_counter() - self.since)
            # On a GPU the loss of the last epoch is shown: a newer one makes it wait.
            if self.device.type == "cpu":
                self.loss = float(loss)
            shown = "" if self.loss is None else f", loss {self.loss:.3f}"
            self.bar.set_postfix_str(f"{speed:,.0f} images/s{shown}")

    def end(self, history):
        """End an epoch and its test, with which `history` has grown."""
        self.epochs, self.step = len(history), 0

    @property
    def place(self):
        """Where training is, in words."""
        return place(self.epochs, self.step)

    def write(self, line):
        """Print a line, perhaps after the bar is closed."""
        self.bar.write(line)


def count_batches(train_iter):
    """Return the number of batches in an epoch, or None if that is not known."""
    try:
        return len(train_iter)
    except TypeError:  # a generator, or a DataLoader over a stream
        return None


def place(epochs, step):
    """Return where training is, in words, after so many whole epochs and steps."""
    if epochs and not step:
        return f"after epoch {epochs}"
    return f"in epoch {epochs + 1} after step {step}"
