"""What `train` measured, epoch by epoch, and what it goes on with."""

import weakref
from dataclasses import dataclass, field

import torch

from cnn_course.checks import refuse
from cnn_course.files import say


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

    def grow(self, step_loss, **epoch):
        """Add the losses of an epoch's steps, and to each list named its entry."""
        longer = {name: [*getattr(self, name), new] for name, new in epoch.items()}
        # In one go: an interrupt comes between two statements of Python, and so never
        # leaves an epoch in some of the lists only.
        vars(self).update(longer, step_loss=self.step_loss + step_loss)

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

    def class_line(self):
        """Return a sentence on the classes that got lost, after the last epoch."""
        lost, dead = (
            ", ".join(map(str, classes)) or "none"
            for classes in (self.never_predicted(), self.dead_classes())
        )
        if lost == dead == "none":
            return "every class is predicted, every logit moves"
        return (
            f"never predicted: classes {lost}; dead (logit 0 for every image): {dead}"
        )


# {network: (optimizer, history)}, for `resume`. Weak: the optimizer knows the weights,
# not the network, so a network that nobody uses any more takes it along.
sessions = weakref.WeakKeyDictionary()


def begin(net, optimizer, lr, test_iter, resume, device):
    """Return the (optimizer, history) to begin with, or to go on with."""
    before, history = None, History()
    if resume and net in sessions:
        before, history = sessions[net]
    elif resume:
        say("resume=True: this network has no training to go on with, and begins anew")
    if history and bool(history.test_acc) != (test_iter is not None):
        allowed = "given, or left out, as before, to go on (resume=True)"
        refuse("test_iter", allowed, test_iter)
    optimizer = optimizer or before
    if optimizer is None:
        # Saves 0.3 to 1.8 of 6 ms a step on an H200, and nothing on a CPU.
        fused = device.type == "cuda" or None
        optimizer = torch.optim.Adam(net.parameters(), lr=0.001, fused=fused)
    if lr is not None:
        for group in optimizer.param_groups:
            group["lr"] = lr
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    learn = {name: id(p) for name, p in net.named_parameters() if p.requires_grad}
    lacks = [name for name in learn if learn[name] not in held]
    # A part may be left out on purpose, but not of what goes on.
    if lacks and (optimizer is before or len(lacks) == len(learn)):
        raise ValueError(
            f"the optimizer does not hold {', '.join(lacks[:3])}, which would never "
            "change. Was net, or a layer of it, built anew? Then build the optimizer "
            "after it, torch.optim.Adam(net.parameters()), or leave out resume"
        )
    return optimizer, history
