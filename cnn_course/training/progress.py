"""What shows the progress of `train`: a bar, in notebooks and in terminals.

`train(…, progress=show)` calls show(net, train_iter, num_epochs, shown, device) for a
context manager with the methods of `ProgressBar`, whose `__exit__` is told how training
ended. An interrupt can come while any of them runs, and must be let through.
"""


class ProgressBar:
    """A bar over all epochs, with the loss; silent unless `shown`."""

    def __init__(self, net, train_iter, num_epochs, shown, device):
        from tqdm.auto import tqdm  # a widget in a notebook, text elsewhere

        self.batches, self.num_epochs = count_batches(train_iter), num_epochs
        self.epochs = self.step = 0
        self.waits = device.type != "cpu"  # for every number that is read
        total = self.batches and self.batches * num_epochs
        self.bar = tqdm(total=total, unit="batch", leave=False, disable=not shown)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.bar.close()

    def start(self, epoch, history):
        """Begin an epoch, counted from 0; `history` is of those before."""
        self.epochs, self.step = epoch, 0
        self.bar.n = epoch * (self.batches or 0)
        self.bar.set_description(f"epoch {epoch + 1}/{self.num_epochs}")
        if history:
            self.bar.set_postfix_str(f"loss {history.loss[-1]:.3f}")

    def advance(self, images, loss):
        """Count a step; its `loss` is a tensor on the device."""
        self.step += 1
        if self.bar.update() and not self.waits:
            self.bar.set_postfix_str(f"loss {float(loss):.3f}")

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
