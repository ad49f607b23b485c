"""A picture's way through a network, layer by layer."""

import copy
import dataclasses

import torch
from torch import nn

from cnn_course.checks import network, refuse
from cnn_course.data import Batches, to_float
from cnn_course.networks import Residual

ACTIVATIONS = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU)
KINDS = {
    "convolution": (nn.Conv2d,),
    "max pooling": (nn.MaxPool2d, nn.AdaptiveMaxPool2d),
    "average pooling": (nn.AvgPool2d, nn.AdaptiveAvgPool2d),
    "batch norm": (nn.BatchNorm2d, nn.BatchNorm1d),
    "activation": ACTIVATIONS,
    "dropout": (nn.Dropout, nn.Dropout2d),
    "flatten": (nn.Flatten,),
    "linear": (nn.Linear,),
    "softmax": (nn.Softmax,),
}
KIND_OF = {layer: kind for kind, layers in KINDS.items() for layer in layers}
EXPECTED = (
    "expected is an nn.Sequential of these layers: "
    f"{', '.join(layer.__name__ for layer in KIND_OF)}, Identity; nn.Sequential, and "
    "Residual(branch, shortcut) of cnn_course.networks, may hold some of them"
)
FITTING = "change this layer, or give pictures of the shape the network was made for"
PICTURES = (
    "a loader as load_data_fashion_mnist gives, or a float tensor (n, channels, height,"
    " width): X of a batch (X, y), X.float() / 255 of bytes, X[None] of one picture"
)


@dataclasses.dataclass(eq=False)
class Stage:
    """What one layer makes of the picture; stage 0 is the picture itself.

    name     where the layer stands in the network, and its class: "3.0 · Conv2d"
    kind     one of KINDS, or "picture", or "add" where a `Residual` adds two
    layer    a copy of it, on the CPU, float32, in evaluation mode
    sources  the numbers of the stages that it takes its input from: one, of "add" two
    inputs   what they give, float32 (C, H, W) each
    Y        its output, float32 (C, h, w); a vector of n numbers is (n, 1, 1)
    flat     whether it is a vector
    """

    name: str
    kind: str
    layer: nn.Module | None
    sources: tuple
    inputs: tuple
    Y: torch.Tensor
    flat: bool

    @property
    def own(self):
        """A copy of the output as torch has it: (1, C, h, w), or a vector (1, n)."""
        return (self.Y.flatten() if self.flat else self.Y)[None].clone()


def refuse_other_than_batches(name, value):
    """Raise TypeError unless `value` is a loader of the course."""
    if not isinstance(value, Batches):
        refuse(name, "a loader as load_data_fashion_mnist gives", value, TypeError)


def count_pictures(pictures):
    """Return how many there are; TypeError for anything but PICTURES."""
    if isinstance(pictures, Batches):
        return len(pictures.images)
    right = torch.is_tensor(pictures) and pictures.is_floating_point()
    if not right or pictures.dim() != 4 or not len(pictures):
        refuse("pictures", PICTURES, pictures, TypeError)
    return len(pictures)


def picture(pictures, index):
    """Return (X, its class or None): X float32 (1, C, H, W) on the CPU."""
    if not isinstance(pictures, Batches):
        return pictures[index : index + 1].detach().float().cpu(), None
    X = to_float(pictures.images[index : index + 1], pictures.resize)
    return X.cpu(), pictures.classes[pictures.labels[index]]


def walk(net, X):
    """Send X, float32 (1, C, H, W), through `net`; return the list of `Stage`s.

    A copy of the network computes, on the CPU in float32 and in evaluation mode: the
    network itself keeps its modes, its gradients and its device, and its forward hooks
    are not called. Behind logits there is one more stage, softmax.

    Raises TypeError for no network, ValueError, with the layer's name and what to do,
    if it is not as EXPECTED, does not fit X or gives numbers that are not finite.
    """
    if not isinstance(network("net", net), nn.Sequential):
        raise ValueError(f"this is a {type(net).__name__}; {EXPECTED}")
    if not X.isfinite().all():
        raise ValueError(
            "this picture has numbers that are not finite: perhaps something was "
            "divided by 0 when it was made"
        )
    net = copy.deepcopy(net).float().cpu().eval()
    for module in net.modules():
        module._forward_hooks.clear()  # else a student's list of activations would grow
    stages = [Stage("picture", "picture", None, (), (), X[0], False)]
    last = stages[_follow(net, "", 0, stages)]
    if last.kind in ("linear", "flatten") and len(last.Y) > 1:
        _follow(nn.Softmax(dim=1), "behind the network", len(stages) - 1, stages)
    return stages


def strongest(stage, count=16):
    """Return the numbers of the channels whose activations are largest on average.

    Their signs do not count; `count` channels, the strongest first.
    """
    strength = stage.Y.abs().mean(dim=(1, 2))
    return strength.argsort(descending=True, stable=True)[:count].tolist()


def _follow(layer, place, source, stages):
    """Append the stages of a layer; return the number of the one with its output."""
    name = f"{place} · {type(layer).__name__}"
    if isinstance(layer, nn.Identity):
        return source
    if isinstance(layer, nn.Sequential):
        for i, part in enumerate(layer):
            source = _follow(part, f"{place}.{i}".lstrip("."), source, stages)
        return source
    X = stages[source].own
    if isinstance(layer, Residual):
        kind = "add"
        branch = _follow(layer.branch, f"{place}.branch", source, stages)
        _answer_of(layer.branch, X, name)
        if not X.equal(stages[source].own):
            raise ValueError(
                f"{name}: its branch works in place, and so changes what the shortcut "
                "gets: leave inplace=True out there"
            )
        sources = branch, _follow(layer.shortcut, f"{place}.shortcut", source, stages)
        ways = [stages[i].own for i in sources]
        Y = _answer_of(lambda _: layer.add(*ways), X, name)
    else:
        kind, sources = _kind(name, layer, stages[source].flat), (source,)
        Y = _answer_of(layer, X, name)
    if Y.dim() not in (2, 4):
        raise ValueError(
            f"{name} gives the shape {tuple(Y.shape)} for one picture, neither maps "
            "(1, C, H, W) nor a vector (1, n): nn.Flatten() makes vectors of maps"
        )
    if not Y.isfinite().all():
        raise ValueError(
            f"the network's outputs behind {name} are not all finite numbers: its "
            "training went wrong. Train it once more, with a smaller learning rate"
        )
    inputs = tuple(stages[i].Y for i in sources)
    maps = Y[0] if Y.dim() == 4 else Y[0, :, None, None]
    stages.append(Stage(name, kind, layer, sources, inputs, maps, Y.dim() == 2))
    return len(stages) - 1


def _answer_of(layer, X, name):
    """Return layer(X), without gradients; ValueError if it cannot take X."""
    try:
        with torch.no_grad():
            return layer(X)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name} cannot take what comes in, {tuple(X.shape[1:])}: "
            f"{str(error).splitlines()[0]}; {FITTING}"
        ) from error


def _kind(name, layer, flat):
    """Return the kind of a layer that gets maps, or a vector if `flat`.

    Raises ValueError if this view cannot explain what it does.
    """
    kind, problem = KIND_OF.get(type(layer)), None
    if isinstance(layer, nn.modules.lazy.LazyModuleMixin):
        problem = "has no weights yet: call net(X) once, with pictures X, and then this"
    elif kind is None:
        problem = f"is no layer that this view can explain; {EXPECTED}"
    elif getattr(layer, "padding_mode", "zeros") != "zeros":
        problem = "pads with other numbers than 0: leave padding_mode out"
    elif kind == "batch norm" and layer.running_mean is None:
        problem = "keeps no averages of its batches: leave track_running_stats out"
    elif kind == "linear" and not flat:
        problem = "gets maps, and takes vectors: put nn.Flatten() before it"
    elif kind == "softmax" and layer.dim not in (None, 1, -1 if flat else 1):
        problem = f"has dim={layer.dim}, and classes lie along dim 1: nn.Softmax(dim=1)"
    if problem:
        raise ValueError(f"{name} {problem}")
    return kind
