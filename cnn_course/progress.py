"""The progress bar of `train`, in notebooks and in terminals."""

import time


class ProgressBar:
    """A bar over all epochs with images/s and the loss; silent unless `shown`."""

    def __init__(self, train_iter, num_epochs, shown, device):
        from tqdm.auto import tqdm  # a widget in a notebook, text elsewhere

        try:
            batches = len(train_iter)
        except TypeError:  # a generator, or a DataLoader over a stream
            batches = None
        self.num_epochs, self.device = num_epochs, device
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
        self.bar.set_description(f"epoch {epoch + 1}/{self.num_epochs}")
        self.loss = history.loss[-1] if history.loss else None
        self.step, self.images, self.since = 0, 0, time.perf_counter()

    def advance(self, images, loss):
        self.step += 1
        self.images += images
        if self.bar.update() and not self.bar.disable:
            speed = self.images / (time.perf_counter() - self.since)
            # On a GPU the loss of the last epoch is shown: a newer one makes it wait.
            if self.device.type == "cpu":
                self.loss = float(loss)
            shown = "" if self.loss is None else f", loss {self.loss:.3f}"
            self.bar.set_postfix_str(f"{speed:,.0f} images/s{shown}")

    def write(self, line):
        self.bar.write(line)
