"""Known slips in dropout, for 06.dropout."""

import torch

from cnn_course.exercises.engine.variants import Slip


def dropping(train, use=lambda X, U, p: X):
    return lambda X, U, p, training=True: (train if training else use)(X, U, p)


def share(X, U, p):
    kept = (U >= p).to(X.dtype)
    return X * kept / kept.mean() if kept.any() else X * 0


DROPOUT_SLIPS = tuple(
    Slip(says, example=example)
    for says, example in [
        (
            "A number in `U` that is equal to p drops in yours. Only smaller ones do: "
            "`U >= p` survives.",
            dropping(lambda X, U, p: X * (U > p) / (1 - p)),
        ),
        (
            "You multiply by 1 − p what survives. Then it gets smaller, and it should "
            "make up for what is gone: divide.",
            dropping(lambda X, U, p: X * (U >= p) * (1 - p)),
        ),
        (
            "You multiply by p what survives. It should make up for what is gone: "
            "divide, by the share that survives.",
            dropping(lambda X, U, p: X * (U >= p) * p),
        ),
        (
            "You divide by the share that really survived, counted in `U`. Divide by "
            "the share that survives on average: it depends on p alone.",
            dropping(share),
        ),
        (
            "Yours keeps as many numbers, but other ones: it compares `U` with 1 − p. "
            "Where `U` is smaller than p a number is dropped.",
            dropping(lambda X, U, p: X * (U < 1 - p) / (1 - p)),
        ),
        (
            "You compare `U` with 1 − p, so p has become the probability to keep. "
            "Where `U` is smaller than p a number is dropped.",
            dropping(lambda X, U, p: X * (U >= 1 - p) / (1 - p)),
        ),
        (
            "You compare `U` with 1 − p, and divide by p: p has become the probability "
            "to keep.",
            dropping(lambda X, U, p: X * (U >= 1 - p) / p),
        ),
        (
            "Nothing is dropped in yours, only divided. Which numbers should become 0?",
            dropping(lambda X, U, p: X / (1 - p)),
        ),
        (
            "`p` does nothing in yours: it always drops a half.",
            dropping(lambda X, U, p: X * (U >= 0.5) / 0.5),
        ),
        (
            "You drop with a probability of a half always: the comparison does not use "
            "`p`.",
            dropping(lambda X, U, p: X * (U >= 0.5) / (1 - p)),
        ),
        (
            "`training` works the other way round: yours drops in use, and lets "
            "everything pass in training.",
            dropping(lambda X, U, p: X, lambda X, U, p: X * (U >= p) / (1 - p)),
        ),
        (
            "In training it is right, but in use you divide by 1 − p as well. With "
            "`training=False` nothing happens to X.",
            dropping(
                lambda X, U, p: X * (U >= p) / (1 - p), lambda X, U, p: X / (1 - p)
            ),
        ),
        (
            "You scale twice: by 1 / (1 − p) in training, and by 1 − p in use. Once is "
            "enough, in training.",
            dropping(
                lambda X, U, p: X * (U >= p) / (1 - p), lambda X, U, p: X * (1 - p)
            ),
        ),
        (
            "In training it is right, but in use you multiply by p. With "
            "`training=False` nothing happens to X.",
            dropping(lambda X, U, p: X * (U >= p) / (1 - p), lambda X, U, p: X * p),
        ),
        (
            "In use yours gives zeros. With `training=False` X comes out as it is.",
            dropping(lambda X, U, p: X * (U >= p) / (1 - p), lambda X, U, p: 0 * X),
        ),
        (
            "You return which numbers survive, not the numbers: multiply X by it.",
            dropping(lambda X, U, p: (U >= p).to(X.dtype)),
        ),
        (
            "You return only the factors: multiply X by them.",
            dropping(lambda X, U, p: (U >= p).to(X.dtype) / (1 - p)),
        ),
        (
            "`/ 1 - p` divides by 1 and takes p away afterwards: the parentheses of "
            "`/ (1 - p)` are missing.",
            dropping(lambda X, U, p: X * (U >= p) / 1 - p),
        ),
        (
            "You compare the numbers of `X` with p. Whether a number is dropped, "
            "depends on the number in `U` at its place.",
            dropping(lambda X, U, p: X * (X >= p) / (1 - p)),
        ),
        (
            "The dropped numbers become p. They should become 0.",
            dropping(lambda X, U, p: torch.where(U < p, p, X / (1 - p))),
        ),
    ]
)
