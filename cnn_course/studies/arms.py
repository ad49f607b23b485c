"""The arms of notebook 09's study: networks and optimizers by their settings."""

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from cnn_course.checks import choice
from cnn_course.networks import NARROW_VGG, alexnet, lenet, nin, vgg

LR = 0.002

# What people recommend for a NiN that is stuck, as settings of the study.
REMEDIES = {
    "lower rate": dict(lr=0.0002),
    "Kaiming initialisation": dict(init="kaiming"),
    "gradient clipping": {},
}


def nin_arm(num_1x1, last_relu, remedy="none", *, lr=LR, warm_up_steps=0):
    """Return one arm of the study, as columns of its results.

    num_1x1    1×1 convolutions in every block, 0 to 3
    last_relu  "yes" or "no": a ReLU behind the class maps
    remedy     "none" or one of REMEDIES, which sets what it is about
    lr         Adam's learning rate
    warm_up_steps  the rate is raised linearly over so many first steps

    Raises ValueError for an arm that the study does not have.
    """
    arm = {
        "network": "NiN",
        "num_1x1": choice("num_1x1", num_1x1, range(4)),
        "last_relu": choice("last_relu", last_relu, ("yes", "no")),
        "remedy": choice("remedy", remedy, ("none", *REMEDIES)),
        "lr": lr,
        "init": "default",  # torch's own
        "warm_up_steps": warm_up_steps,
    }
    return arm | REMEDIES.get(remedy, {})


# The other networks, for the table of costs, each at the rate of its notebook.
OTHERS = {
    "LeNet": (lambda side: lenet(), 0.005),
    "AlexNet": (lambda side: alexnet(side=side), 0.001),
    "narrow VGG-11": (lambda side: vgg(NARROW_VGG, side=side, hidden=512), 0.001),
}


def other_arm(network):
    """Return the arm of one of OTHERS, as columns of the study's results."""
    arm = nin_arm(0, "yes", lr=OTHERS[network][1])
    return arm | dict(network=network, num_1x1=None, last_relu=None)


def kaiming(net):
    """Draw the weights anew with variance 2 / fan_in and set the biases to zero.

    He et al., "Delving Deep into Rectifiers" (2015).
    """
    for module in net.modules():
        # isinstance, not `type(m) == nn.Conv2d`: that misses every subclass, so lazy
        # layers keep their default weights and nobody notices.
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)


def clip_gradients(optimizer, largest=1.0):
    """Shorten the gradient to length `largest`, if longer, before every step.

    Pascanu et al., "On the Difficulty of Training Recurrent Neural Networks" (2013).
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]

    def shorten(*_):  # what a hook returns would replace the step's arguments
        nn.utils.clip_grad_norm_(parameters, largest)

    optimizer.register_step_pre_hook(shorten)


def warm_up(optimizer, steps):
    """Raise the rate linearly over the first `steps` steps: the first has rate/steps.

    Goyal et al., "Accurate, Large Minibatch SGD" (2017), section 2.2.
    """
    schedule = LambdaLR(optimizer, lambda step: min(1, (step + 1) / steps))
    optimizer.register_step_post_hook(lambda *_: schedule.step())


def build(network, num_1x1, last_relu, remedy, lr, init, warm_up_steps, side=224):
    """Return (net, optimizer) of one arm, drawn from torch's current random state.

    `side` is that of the pictures, in pixels (1, side, side); the rest is an arm as
    `nin_arm` or `other_arm` returns it. Logits are (N, 10).
    """
    if network == "NiN":
        net = nin(num_1x1, last_relu == "yes")
    else:
        net = OTHERS[network][0](side)
    if init == "kaiming":
        kaiming(net)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    if remedy == "gradient clipping":
        clip_gradients(optimizer)
    if warm_up_steps:
        warm_up(optimizer, warm_up_steps)
    return net, optimizer
