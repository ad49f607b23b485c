"""What `train` measured, epoch by epoch."""

from dataclasses import dataclass, field

from cnn_course.checks import instance, shown, whole_number


@dataclass
class History:
    """What `train` measured: one entry an epoch in each list.

    loss           mean cross-entropy over the training images, while they were learned
    train_acc      share of the training images classified correctly, while learning
    test_acc       share of the test images classified correctly after the epoch
    seconds        wall-clock seconds, the test included
    images_per_second  training images over those seconds
    step_loss      the loss of every single step, over all epochs
    predicted      for each class the number of test images given to it
    largest_logit  for each class the largest |logit| over the test images
    """

    loss: list[float] = field(default_factory=list)
    train_acc: list[float] = field(default_factory=list)
    test_acc: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    images_per_second: list[float] = field(default_factory=list)
    step_loss: list[float] = field(default_factory=list)
    predicted: list[list[int]] = field(default_factory=list)
    largest_logit: list[list[float]] = field(default_factory=list)

    def __len__(self):
        return len(self.loss)

    def __repr__(self):
        return "\n".join(map(self.line, range(len(self)))) or "nothing trained yet"

    def copy(self):
        """Return a history of the same epochs that does not grow with this one."""
        return History(*map(list, vars(self).values()))

    def append(self, **epoch):
        """Add the lists of one epoch, {name: list}, in one go.

        An interrupt comes between two statements of Python, and so never leaves an
        epoch in some of the lists only.
        """
        longer = {name: [*getattr(self, name), *new] for name, new in epoch.items()}
        vars(self).update(longer)

    def _epoch(self, e, measured):
        """Return e as an index from 0; ValueError if `measured` has no such epoch."""
        if not measured:
            raise ValueError(
                f"e must be an epoch that was measured; got {shown(e)} of a history "
                "without one: train first, and with a test_iter"
            )
        return whole_number("e", e, -len(measured), len(measured) - 1)

    def line(self, e):
        """Return the line of the e-th epoch, counted from 0.

        Raises TypeError or ValueError if there was no such epoch.
        """
        e = self._epoch(e, self.loss) % len(self)
        test = f", test acc {self.test_acc[e]:.3f}" if self.test_acc else ""
        return (
            f"epoch {e + 1}, loss {self.loss[e]:.4f}, "
            f"train acc {self.train_acc[e]:.3f}{test}, time {self.seconds[e]:.1f} sec"
        )

    def rows(self):
        """Return one dict an epoch, rounded, for a CSV file of raw results.

        Its keys: epoch (counted from 1), loss, train_acc, test_acc if there was a
        test, seconds.
        """
        digits = {"loss": 5, "train_acc": 5, "test_acc": 5, "seconds": 2}
        measured = [name for name in digits if getattr(self, name)]
        return [
            {"epoch": e + 1}
            | {name: round(getattr(self, name)[e], digits[name]) for name in measured}
            for e in range(len(self))
        ]

    def never_predicted(self, e=-1):
        """Return the classes that no test image was given to, after epoch e (last).

        Raises ValueError if there was no such epoch, or no test after it.
        """
        e = self._epoch(e, self.predicted)
        return [c for c, images in enumerate(self.predicted[e]) if images == 0]

    def dead_classes(self, e=-1):
        """Return the classes whose logit was exactly 0 for every test image.

        The ReLU behind such a class is closed for all images, so no gradient passes
        it: unless the layers before it change, the class stays dead. Raises ValueError
        as `never_predicted` does.
        """
        e = self._epoch(e, self.largest_logit)
        return [c for c, size in enumerate(self.largest_logit[e]) if size == 0]

    def class_line(self, e=-1):
        """Return a sentence on the classes that got lost, after epoch e (last)."""
        lost, dead = self.never_predicted(e), self.dead_classes(e)
        if not lost and not dead:
            return "every class is predicted, every logit moves"
        return (
            f"never predicted: classes {_listed(lost)}; "
            f"dead (logit 0 for every image): {_listed(dead)}"
        )

    def plot(self, title="Training"):
        """Return a picture of the loss and the accuracies over the epochs."""
        from cnn_course.plots import plot_history

        instance("title", title, str, "a text")
        return plot_history(self, title)


def _listed(classes):
    return ", ".join(map(str, classes)) or "none"
