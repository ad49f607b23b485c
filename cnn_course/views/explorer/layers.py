"""A picture's way through a network, layer by layer."""

import copy
import dataclasses

import torch
from torch import nn

from cnn_course.checks import network, refuse
from cnn_course.data import Batches, to_float
from cnn_course.views.explorer.units import RULES

KIND_OF = {layer: kind for kind, (_, *layers) in RULES.items() for layer in layers}
EXPECTED = (
    "expected is an nn.Sequential of these layers: "
    f"{', '.join(layer.__name__ for layer in KIND_OF)} of cnn_course.networks, "
    "Identity; and nn.Sequential, which may hold some of them"
)
FITTING = "change this layer, or give pictures of the shape the network was made for"
PICTURES = (
    "a loader as load_data_fashion_mnist gives, or a float tensor (n, channels, height,"
    " width): X of a batch (X, y), X.float() / 255 of bytes, X[None] of one picture"
)


@dataclasses.dataclass(eq=False)
class Stage:
    """What one layer makes of the picture; stage 0 is the picture itself."""

    name: str  # where the layer stands in the network, and its class: "3.0 · Conv2d"
    kind: str  # one of RULES, or "picture"
    layer: nn.Module | None  # a copy, on the CPU, float32, in evaluation mode
    sources: tuple  # the stages that it takes its input from: one, of "add" two
    output: torch.Tensor  # float32: maps (1, C, h, w) or a vector (1, n), as of torch

    @property
    def Y(self):
        """The output as maps (C, h, w); a vector of n numbers is (n, 1, 1)."""
        (Y,) = self.output
        return Y if Y.dim() == 3 else Y[:, None, None]


def refuse_other_than_batches(name, value):
    """Raise TypeError unless `value` is a loader of the course."""
    if not isinstance(value, Batches):
        refuse(name, "a loader as load_data_fashion_mnist gives", value, TypeError)


def picture(pictures, index):
    """Return (X, its class or None): X float32 (1, C, H, W) on the CPU.

    Raises TypeError for anything but PICTURES.
    """
    if isinstance(pictures, Batches):
        X = to_float(pictures.images[index : index + 1], pictures.resize)
        return X.cpu(), pictures.classes[pictures.labels[index]]
    right = torch.is_tensor(pictures) and pictures.is_floating_point()
    if not right or pictures.dim() != 4 or not len(pictures):
        refuse("pictures", PICTURES, pictures, TypeError)
    return pictures[index : index + 1].detach().float().cpu(), None


@torch.no_grad()
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
        raise ValueError("this picture has nan or inf: perhaps it was divided by 0")
    net = copy.deepcopy(net).float().cpu().eval()
    for module in net.modules():
        module._forward_hooks.clear()  # else a student's list of activations would grow
    stages = [Stage("picture", "picture", None, (), X)]
    last = _follow(net, "", stages[0], stages)
    if last.kind in ("linear", "flatten") and len(last.Y) > 1:
        _follow(nn.Softmax(dim=1), "behind the network", last, stages)
    return stages


def strongest(stage, count):
    """Return the numbers of the channels whose activations are largest on average.

    Their signs do not count; `count` channels, the strongest first.
    """
    strength = stage.Y.abs().mean(dim=(1, 2))
    return strength.argsort(descending=True, stable=True)[:count].tolist()


def _follow(layer, place, source, stages):
    """Append the stages of a layer; return the one with its output."""
    name = f"{place} · {type(layer).__name__}"
    if isinstance(layer, nn.Identity):
        return source
    if isinstance(layer, nn.Sequential):
        for i, part in enumerate(layer):
            source = _follow(part, f"{place}.{i}".lstrip("."), source, stages)
        return source
    kind, sources = _kind(name, layer, source), (source,)
    if kind == "add":
        branch = _follow(layer.branch, f"{place}.branch", source, stages)
        sources = branch, _follow(layer.shortcut, f"{place}.shortcut", source, stages)
    try:
        Y = layer(source.output.clone())  # which it may change in place
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name} cannot take what comes in, {tuple(source.output.shape[1:])}: "
            f"{str(error).splitlines()[0]}; {FITTING}"
        ) from error
    if kind == "add" and not Y.allclose(sources[0].output + sources[1].output):
        raise ValueError(
            f"{name}: its branch works in place, and so changes what the shortcut "
            "gets: leave inplace=True out there"
        )
    if not Y.isfinite().all():
        raise ValueError(
            f"the network's outputs behind {name} are not all finite numbers: its "
            "training went wrong. Train it once more, with a smaller learning rate"
        )
    stages.append(Stage(name, kind, layer, sources, Y))
    return stages[-1]


def _kind(name, layer, source):
    """Return the kind of a layer; ValueError if this view cannot explain it."""
    kind, problem, flat = KIND_OF.get(type(layer)), None, source.output.dim() == 2
    if isinstance(layer, nn.modules.lazy.LazyModuleMixin):
        problem = "has no weights yet: call net(X) once, with pictures X, and then this"
    elif kind is None:
        problem = f"is no layer that this view can explain; {EXPECTED}"
    elif getattr(layer, "padding_mode", "zeros") != "zeros":
        problem = "pads with other numbers than 0: leave padding_mode out"
    elif kind == "linear" and not flat:
        problem = "gets maps, and takes vectors: put nn.Flatten() before it"
    elif kind == "softmax" and layer.dim not in (None, 1, -1 if flat else 1):
        problem = f"has dim={layer.dim}, and classes lie along dim 1: nn.Softmax(dim=1)"
    if problem:
        raise ValueError(f"{name} {problem}")
    return kind
