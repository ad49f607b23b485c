"""What `train` measured, epoch by epoch, and what it goes on with."""

import math
import weakref
from dataclasses import dataclass, field

import torch

from cnn_course import checks
from cnn_course.files import say

ENOUGH_STEPS = 20  # before "it does not learn" can be said


@dataclass
class History:
    """What `train` measured: one entry an epoch in each list.

    loss           mean loss over the training images, while they were learned
    train_acc      share of the training images classified correctly, while learning
    test_acc       share of the test images classified correctly after the epoch
    seconds        wall-clock seconds, the test included
    step_loss      the loss of every single step, over all epochs
    predicted      for each class the number of test images given to it
    largest_logit  for each class the largest |logit| over the test images
    """

    loss: list[float] = field(default_factory=list)
    train_acc: list[float] = field(default_factory=list)
    test_acc: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
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

    def add_epoch(self, step_loss, sizes, hits, seconds, tested=()):
        """Add an epoch to every list.

        step_loss, sizes  the loss and the number of images of each step
        hits        training images classified correctly
        tested      ([hits], images by class, largest |logit| by class) of a test
        """
        n = sum(sizes)
        epoch = {
            "loss": sum(map(math.prod, zip(step_loss, sizes, strict=True))) / n,
            "train_acc": hits / n,
            "seconds": seconds,
        }
        if tested:
            (test_hits,), predicted, largest_logit = tested
            epoch["test_acc"] = test_hits / sum(predicted)
            epoch["predicted"] = [round(images) for images in predicted]
            epoch["largest_logit"] = largest_logit
        longer = {name: [*getattr(self, name), new] for name, new in epoch.items()}
        longer["step_loss"] = self.step_loss + step_loss
        # In one go: an interrupt comes between two statements of Python, and so never
        # leaves an epoch in some of the lists only.
        vars(self).update(longer)

    def line(self, e):
        """Return the line of the e-th epoch, counted from 0."""
        test = f", test acc {self.test_acc[e]:.3f}" if self.test_acc else ""
        return (
            f"epoch {range(len(self))[e] + 1}, loss {self.loss[e]:.4f}, "
            f"train acc {self.train_acc[e]:.3f}{test}, time {self.seconds[e]:.1f} sec"
        )

    def never_predicted(self, e=-1):
        """Return the classes that no test image was given to, after epoch e (last)."""
        return [c for c, images in enumerate(self.predicted[e]) if images == 0]

    def dead_classes(self, e=-1):
        """Return the classes whose logit was exactly 0 for every test image.

        The ReLU behind such a class is closed for all images, so no gradient passes
        it: unless the layers before it change, the class stays dead.
        """
        return [c for c, top in enumerate(self.largest_logit[e]) if top == 0]

    def class_line(self, e=-1):
        """Return a sentence on the classes that got lost, after epoch e (last)."""
        lost, dead = (
            ", ".join(map(str, classes)) or "none"
            for classes in (self.never_predicted(e), self.dead_classes(e))
        )
        if lost == dead == "none":
            return "every class is predicted, every logit moves"
        return (
            f"never predicted: classes {lost}; dead (logit 0 for every image): {dead}"
        )

    def recent_loss(self):
        """Return the mean loss of the last quarter of the steps.

        A network may begin with a larger loss than that of guessing, and go down.
        """
        last = self.step_loss[-max(len(self.step_loss) // 4, 1) :]
        return sum(last) / len(last)

    def is_at_chance(self, classes):
        """Say if training has taught nothing: guessing among the classes costs ln C."""
        chance = math.log(classes)
        loss_is = abs(self.recent_loss() - chance) <= 0.02 * chance
        enough = len(self.step_loss) >= ENOUGH_STEPS
        return enough and loss_is and self.train_acc[-1] <= 1.5 / classes


# {network: (optimizer, history)}, for `resume`. Weak: the optimizer knows the weights,
# not the network, so a network that nobody uses any more takes it along.
sessions = weakref.WeakKeyDictionary()


def begin(net, optimizer, lr, test_iter, resume, device):
    """Return the (optimizer, history) to begin with, or to go on with."""
    learn = {name: p for name, p in net.named_parameters() if p.requires_grad}
    if not learn:
        checks.refuse("net", "a network with weights that learn, not all frozen", net)
    if optimizer is not None and not isinstance(optimizer, torch.optim.Optimizer):
        allowed = "a torch optimizer, such as torch.optim.Adam(net.parameters())"
        checks.refuse("optimizer", allowed, optimizer, TypeError)
    if optimizer is not None and lr is not None:
        checks.refuse("lr", "left out beside an optimizer, which has its own", lr)
    if resume and net not in sessions:
        say("resume=True: this network has no training to go on with, and begins anew")
    used, history = None, History()
    if resume and net in sessions:
        used, history = sessions[net]
    if history and bool(history.test_acc) != (test_iter is not None):
        allowed = "given" if history.test_acc else "left out"
        allowed += " as before, to go on (resume=True)"
        checks.refuse("test_iter", allowed, test_iter)
    optimizer = optimizer or used
    if optimizer is None:
        # Saves 0.3 to 1.8 of 6 ms a step on an H200, and nothing on a CPU.
        fused = device.type == "cuda" or None
        optimizer = torch.optim.Adam(net.parameters(), lr=lr or 0.001, fused=fused)
    if lr is not None:
        for group in optimizer.param_groups:
            group["lr"] = lr
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    left_out = [name for name, p in learn.items() if id(p) not in held]
    if len(left_out) == len(learn):
        raise ValueError(
            "optimizer must hold parameters of net that learn; got others, or frozen "
            "ones. Was net built again? Build the optimizer after it: "
            "torch.optim.Adam(net.parameters())"
        )
    names = ", ".join(left_out[:3]) + ", …" * (len(left_out) > 3)
    if left_out and optimizer is used:
        raise ValueError(
            f"resume=True goes on with the optimizer of before, which does not hold "
            f"{names}: that came later, and would never change. Leave out resume to "
            "begin anew, or give an optimizer: torch.optim.Adam(net.parameters())"
        )
    if left_out:
        say(f"optimizer: it does not hold {names}, so that will not change")
    return optimizer, history
