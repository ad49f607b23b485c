"""Train a network and measure it: train and evaluate."""

import torch
from torch import nn

from cnn_course.checks import flag, instance, real_number, refuse, whole_number
from cnn_course.device import choose_precision, chosen_device, is_mps
from cnn_course.networks import modes_kept
from cnn_course.training import guards, memory, sessions
from cnn_course.training.epoch import Run, check_finite, test, train_epoch
from cnn_course.training.forward import lay_out
from cnn_course.training.history import History
from cnn_course.training.interrupts import Stop
from cnn_course.training.progress import ProgressBar


def train(
    net,
    train_iter,
    test_iter=None,
    num_epochs=5,
    *,
    optimizer=None,
    lr=None,
    device=None,
    precision=None,
    watch_classes=False,
    verbose=True,
    progress=None,
    resume=False,
):
    """Train `net` to minimise the cross-entropy of its logits; return a `History`.

    train_iter, test_iter  any iterables of batches (X, y), a DataLoader included:
                X float (N, …), what `net` takes, y int64 (N,); test_iter may be None
    num_epochs  epochs of the whole history; with `resume` those before count
    optimizer   a torch optimizer over net's parameters; default Adam at rate `lr`
    lr          Adam's learning rate (default 0.001); not beside an optimizer
    device      where to train; default `try_gpu()`. `net` is moved there
    precision   "fp32", or "bf16" to compute with 16-bit numbers and keep the weights
                in 32 (autocast); default bf16 on an NVIDIA GPU made for it
    watch_classes  say after every epoch which classes are never predicted, and which
                are dead: their logit is 0 for every test image
    verbose     print a line an epoch and show the progress
    progress    what shows it: default a bar, `ProgressBar`; in a notebook
                `cnn_course.views.training_curves` for live curves
    resume      go on where the last training of this net ended, however it ended: with
                its optimizer, and with its history, which grows. An epoch that was
                not finished is begun anew, from the weights as they are now

    Reads results from the device once an epoch: on a GPU every earlier read would
    make it wait (live curves do read whenever they draw). An interrupt ends it after
    the current step and returns the history of the finished epochs; `net` keeps what
    it learned. After any other error `resume=True` goes on, too, but for one: when the
    loss is not finite, the weights are lost.

    Raises TypeError or ValueError for a bad argument, batch or label,
    FloatingPointError, with the history so far as its `history`, when the loss is not
    finite, and torch.OutOfMemoryError when memory ran out; then nothing is held.
    """
    _check_arguments(net, train_iter, test_iter)
    whole_number("num_epochs", num_epochs, 1, 100_000)
    flag("watch_classes", watch_classes)
    flag("verbose", verbose)
    flag("resume", resume)
    device = chosen_device(device)
    precision = choose_precision(precision, device)
    optimizer, history = _begin(net, optimizer, lr, test_iter, resume)
    if len(history) >= num_epochs:
        print(f"nothing left to train: num_epochs={num_epochs} are done; raise it")
        return history
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32, as convolutions have it
    if verbose:
        notes = [f"training on {device}"]
        if history:
            notes.append(f"going on after epoch {len(history)}")
        if is_mps(device):
            notes.append("without channels_last, which is slow or wrong there")
        print(", ".join(notes))
    watched = watch_classes and test_iter is not None
    bar = _bar(progress, train_iter, num_epochs, verbose, device, watched)
    full = None
    with Stop() as stop, modes_kept(net):
        run = Run(net, device, precision, stop, optimizer, history, bar)
        run.batch_size = getattr(train_iter, "batch_size", 0)  # before there is one
        sessions.remember(net, optimizer, history)
        try:
            _move(net, optimizer, device)  # here, as this can need too much memory, too
            with bar:
                while len(history) < num_epochs:
                    bar.start(len(history), history)
                    try:
                        train_epoch(run, train_iter, test_iter)
                    except NotImplementedError as error:
                        _go_on_without_mps(run, error)
                        continue
                    bar.end(history)
                    if verbose:
                        _tell(run, watched)
                stop.check()
        except KeyboardInterrupt:
            bar.write(
                f"stopped {bar.place}: the network keeps what it learned, the history "
                f"its finished epochs ({len(history)}). The same call with resume=True "
                "goes on"
            )
        except Exception as error:
            if not memory.is_out_of_memory(error):
                raise
            # Raised below, when this error is gone, and with it all its frames hold.
            full = memory.explanation(run.device, run.batch_size, bar.place)
        finally:
            if full:
                memory.let_go(net)
            lay_out(net, torch.contiguous_format)
    if full:
        raise torch.OutOfMemoryError(full)
    return history


def _check_arguments(net, train_iter, test_iter):
    instance("net", net, nn.Module, "a network, such as lenet()")
    if not any(p.requires_grad for p in net.parameters()):
        raise ValueError(f"net must have weights to learn; got a {type(net).__name__}")
    for name, batches in (("train_iter", train_iter), ("test_iter", test_iter)):
        if test_iter is not None or name == "train_iter":
            _check_iterable(name, batches)


def _bar(progress, *about):
    """Return what shows the progress; TypeError if it cannot."""
    try:
        bar = ProgressBar(*about) if progress is None else progress(*about)
    except TypeError:  # no function, or one of other arguments
        bar = None
    if not hasattr(type(bar), "__enter__") or not hasattr(bar, "advance"):
        refuse("progress", "a function such as training_curves", progress, TypeError)
    return bar


def _check_iterable(name, batches):
    if not any(hasattr(type(batches), how) for how in ("__iter__", "__getitem__")):
        refuse(name, "an iterable of batches (X, y)", batches, TypeError)


def _begin(net, optimizer, lr, test_iter, resume):
    """Return the (optimizer, history) to begin with, or to go on with."""
    if lr is not None:
        lr = real_number("lr", lr, 0, 1e6)  # beyond, Adam's own numbers overflow
    if optimizer is not None:
        allowed = "a torch optimizer, such as torch.optim.Adam(net.parameters())"
        instance("optimizer", optimizer, torch.optim.Optimizer, allowed)
        if lr is not None:
            refuse("lr", "left out beside an optimizer, which has its own", lr)
    session = sessions.recall(net) if resume else None
    history = session.history if session else History()
    if history and bool(history.test_acc) != (test_iter is not None):
        allowed = "given" if history.test_acc else "left out"
        refuse("test_iter", f"{allowed} as before, to go on (resume=True)", test_iter)
    if optimizer is None and session:
        optimizer = session.optimizer
        for group in optimizer.param_groups:
            group["lr"] = group["lr"] if lr is None else lr
    elif optimizer is None:
        optimizer = torch.optim.Adam(net.parameters(), lr=0.001 if lr is None else lr)
    guards.check_optimizer(optimizer, net)
    return optimizer, history


def _move(net, optimizer, device):
    """Move the network to the device, and what its optimizer knows after it."""
    moved = any(p.device != device for p in net.parameters())
    net.to(device)
    if moved and optimizer.state:
        optimizer.load_state_dict(optimizer.state_dict())


def _go_on_without_mps(run, error):
    """Move to the CPU if an Apple chip's GPU lacks an operator, else raise `error`."""
    if not is_mps(run.device) or run.on_cpu_instead:
        raise error
    operator = str(error).split("'")[1:2] or ["an operator"]
    run.device, run.on_cpu_instead = torch.device("cpu"), True
    run.looked = False
    run.bar.device = run.device
    _move(run.net, run.optimizer, run.device)
    run.bar.write(
        f"device: torch has no {operator[0]} for Apple's GPU (mps), which this network "
        "needs; training goes on on the CPU"
    )


def _tell(run, watched):
    """Write the lines on the epoch that has just ended."""
    history = run.history
    run.bar.write(history.line(-1))
    if watched:
        run.bar.write(f"  {history.class_line()}")
    rate = float(run.optimizer.param_groups[0]["lr"])
    if line := guards.chance_line(history, run.classes, rate):
        run.bar.write(line)


def evaluate(net, data_iter, device=None, *, precision=None):
    """Return the share (0 to 1) of the images in `data_iter` that `net` gets right.

    `data_iter` is any iterable of batches (X, y); `device` defaults to the one the
    net is on, `precision` to what `train` would take there. The net is in evaluation
    mode meanwhile, and every layer gets its mode back, also after an interrupt.
    Raises TypeError or ValueError for a bad argument or batch, if there is no image,
    and if a logit is not finite.
    """
    instance("net", net, nn.Module, "a network, such as lenet()")
    _check_iterable("data_iter", data_iter)
    if device is None:
        device = next((p.device for p in net.parameters()), torch.device("cpu"))
    device = chosen_device(device)
    precision = choose_precision(precision, device)
    full = None
    with Stop() as stop, modes_kept(net):
        run = Run(net, device, precision, stop)
        try:
            hits, _, largest_logit, images = test(run, "data_iter", data_iter)
        except Exception as error:
            if not memory.is_out_of_memory(error):
                raise
            full = memory.explanation(device, run.batch_size, "in the test")
    stop.check()
    if full:
        memory.let_go(net)
        raise torch.OutOfMemoryError(full)
    check_finite("data_iter", largest_logit.tolist())
    return hits.item() / images


def train_ch5(net, train_iter, test_iter, batch_size, optimizer, device, num_epochs):
    """Call `train` as the lecture notes do; `batch_size` is the iterators' business."""
    return train(
        net, train_iter, test_iter, num_epochs, optimizer=optimizer, device=device
    )
