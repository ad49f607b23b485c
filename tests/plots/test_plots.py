"""Every picture shows what it should: its areas are looked at, not only its format."""

import base64
import inspect

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from cnn_course import History
from cnn_course.plots import diagrams
from cnn_course.plots import pictures as plots
from cnn_course.plots.pictures import COLOURS, Picture, show_images, show_numbers

CHECKERS = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
HISTORY = History([1.5, 0.9], [0.4, 0.6], [0.5, 0.7], [1.0, 1.0], [9.0, 9.0], [2, 1])
BLACK, WHITE, ORANGE, PURPLE = "#000000", "#FFFFFF", "#7F3B08", "#2D004B"
BLUE, AMBER, DARK, YELLOW = *COLOURS[:2], "#00224E", "#FEE838"
LILAC = "#7967A6"  # how show_numbers draws the largest number

# A picture from every function, and for each of its areas the colours it must show.
PICTURES = {
    "show_images": (
        lambda title: show_images([CHECKERS, -CHECKERS], title=title),
        [(BLACK, WHITE)] * 2,
    ),
    "show_numbers": (
        lambda title: show_numbers(
            {"a": torch.eye(3), "b": torch.ones(1, 2)},
            windows={"a": (0, 0, 2, 2)},
            title=title,
        ),
        [(BLACK, LILAC), (BLACK, LILAC)],
    ),
    "plot_lines": (
        lambda title: plots.plot_lines(
            {"a": [1, 2, 3], "b": torch.tensor([3, 2, 1])},
            title=title,
            xlabel="x",
            ylabel="y",
        ),
        [(BLUE, AMBER)],
    ),
    "plot_history": (
        lambda title: plots.plot_history(HISTORY, title),
        [(BLUE,), (BLUE, AMBER)],
    ),
    "plot_runs": (
        lambda title: plots.plot_runs(
            {"one": [i / 9 for i in range(10)], "two": []}, title=title, xlabel="x"
        ),
        [("#66AAD1",)],  # the first colour, seen through
    ),
    "show_confusion": (
        lambda title: plots.show_confusion(
            torch.tensor([[9, 0], [0, 9]]), ["a", "b"], title=title
        ),
        [(DARK, YELLOW)],
    ),
    "show_tensors": (
        lambda title: diagrams.show_tensors(
            {"a": torch.zeros(2, 2, 2, 2)}, title=title
        ),
        [("#D6E8F5", BLUE)],
    ),
    "show_shapes": (
        lambda title: diagrams.show_shapes(
            [("a", (1, 8, 8)), ("b", (4, 4, 4)), ("c", (10,))], title=title
        ),
        [(BLUE, AMBER)],
    ),
    "show_layers": (
        lambda title: diagrams.show_layers(
            CHECKERS,
            {"maps": torch.stack([CHECKERS - 0.5, 0.5 - CHECKERS])},
            {"a": 0.7, "b": 0.2, "c": 0.1, "d": 0.0},
            title=title,
        ),
        [(BLACK, WHITE), (ORANGE, PURPLE), (ORANGE, PURPLE), (BLUE,)],
    ),
}


def share(area, colour):
    """How much of the area has this colour, but for rounding."""
    wanted = 255 * np.array(to_rgb(colour))
    return (np.abs(area - wanted).max(axis=2) < 12).mean()


def test_every_function_has_its_picture_here():
    public = {
        name
        for module in (plots, diagrams)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert public == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_a_png_with_words_for_those_who_cannot_see_it(name):
    picture = PICTURES[name][0]("What to see")
    assert isinstance(picture, Picture)
    data, metadata = picture._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"].startswith("[picture] What to see: ")
    assert metadata["image/png"]["alt"] == picture.alt
    assert data["text/plain"] == f"[picture] {picture.alt}"


@pytest.mark.parametrize("name", PICTURES)
def test_every_area_shows_what_was_given(areas, name):
    make, expected = PICTURES[name]
    found = areas(make("What to see"))
    assert len(found) == len(expected)
    for area, colours in zip(found, expected, strict=True):
        assert area.size > 0
        for colour in colours:
            assert share(area, colour) > 0.001, colour


GIVEN = {
    "list": lambda: [CHECKERS, 1 - CHECKERS],
    "tensor": lambda: torch.stack([CHECKERS, 1 - CHECKERS]),
    "generator": lambda: (image for image in (CHECKERS, 1 - CHECKERS)),
    "values of a dict": lambda: {"a": CHECKERS, "b": 1 - CHECKERS}.values(),
}


def corners(area):
    """The colours in the middle of the four quarters, by rows."""
    h, w = area.shape[0] // 4, area.shape[1] // 4
    return [area[y, x].tolist() for y in (h, 3 * h) for x in (w, 3 * w)]


@pytest.mark.parametrize("images", GIVEN.values(), ids=GIVEN)
def test_show_images_draws_the_pixels_where_they_belong(areas, images):
    black, white = [0, 0, 0], [255, 255, 255]
    first, second = areas(show_images(images(), {"a": 1, "b": 2}, title="Two"))
    assert corners(first) == [black, white, white, black]
    assert corners(second) == [white, black, black, white]


def test_show_images_keeps_to_the_limits_and_fills_rows(areas):
    grey = [torch.full((2, 2), value) for value in (0.2, 0.4, 0.6)]
    found = areas(show_images(grey, columns=2, limits=(0, 1), title="Greys"))
    levels = [int(area[2, 2, 0]) for area in found]
    assert levels == pytest.approx([51, 102, 153, 255], abs=3)  # the fourth is empty


def test_show_images_shows_colours_and_signs(areas):
    red = torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1).expand(3, 2, 2)
    (area,) = areas(show_images([red], title="Red"))
    assert share(area, "#FF0000") > 0.99
    (area,) = areas(show_images([CHECKERS - 0.5], signed=True, title="Signs"))
    assert share(area, ORANGE) > 0.4 and share(area, PURPLE) > 0.4


def test_tensors_that_need_gradients_can_be_shown(areas):
    grid = CHECKERS.clone().requires_grad_()
    for picture in (
        show_images([grid], title="A"),
        show_numbers({"a": grid}, title="B"),
        diagrams.show_tensors({"a": grid}, title="C"),
    ):
        (area,) = areas(picture)
        assert share(area, WHITE) < 0.95


def test_a_photograph_keeps_its_colours_and_a_grey_picture_needs_few(areas):
    torch.manual_seed(0)
    photograph = torch.rand(3, 40, 40)
    counts = [
        len(np.unique(areas(show_images([image], title="A"))[0].reshape(-1, 3), axis=0))
        for image in (photograph, photograph[0])
    ]
    assert counts[0] > 1000 and counts[1] <= 256
    data, metadata = show_images([photograph], title="A")._repr_mimebundle_()
    assert base64.b64decode(data["image/jpeg"]).startswith(b"\xff\xd8\xff")
    assert metadata["image/jpeg"]["alt"] in data["text/plain"]


def test_number_grids_can_share_one_scale(areas):
    grids = {"a": torch.ones(2, 2), "b": torch.full((2, 2), 4.0)}
    own = areas(show_numbers(grids, title="A"))
    assert share(own[0], LILAC) > 0.5 and share(own[1], LILAC) > 0.5
    one_scale = areas(show_numbers(grids, title="A", top=4))
    assert share(one_scale[0], LILAC) < 0.001 and share(one_scale[1], LILAC) > 0.5
