"""Every picture shows what it should: its areas are looked at, not only its format."""

import base64
import io

import numpy as np
import pytest
import torch
from matplotlib import rc_context, rcParams, style
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from PIL import Image

from cnn_course import plots
from cnn_course.plots import COLOURS, show_images, show_numbers

CHECKERS = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
BLACK, WHITE, ORANGE, PURPLE = "#000000", "#FFFFFF", "#7F3B08", "#2D004B"
BLUE, AMBER, DARK, YELLOW = *COLOURS[:2], "#00224E", "#FEE838"
LIGHT = "#BFE3F5"  # a class that is alive
LILAC = "#7967A6"  # how show_numbers draws the largest number
NUMBERS = {"a": torch.eye(3), "b": torch.ones(1, 2)}
LINES = {"a": [1, 2, 3], "b": torch.tensor([3.0, 2.0, 1.0], requires_grad=True)}
SIGNS = torch.stack([CHECKERS - 0.5, 0.5 - CHECKERS])
RUNS = {"one": [i / 9 for i in range(10)], "two": [0.5, 0.5]}
SHAPES = [("a", (1, 8, 8)), ("b", (4, 4, 4)), ("c", (10,))]
LOOKS = [  # of three networks: what became of ten classes, before and after a step
    {"step": 0, "never_predicted": "c0 c1 c2 c3", "dead": "c0 c1"},
    {"step": 1, "never_predicted": "c0 c1", "dead": None},
]

# For each function: what it is given, and for each area the colours it must show.
PICTURES = {
    "show_images": ([[CHECKERS, -CHECKERS]], {}, [(BLACK, WHITE)] * 2),
    "show_numbers": ([NUMBERS], {"windows": {"a": (0, 0, 2, 2)}}, [(BLACK, LILAC)] * 2),
    "plot_lines": ([LINES], {"xlabel": "x", "ylabel": "y"}, [(BLUE, AMBER)]),
    # The first colour, seen through:
    "plot_runs": ([RUNS], {"xlabel": "x"}, [("#66AAD1",)]),
    "show_confusion": ([torch.tensor([[9, 0], [0, 9]]), "ab"], {}, [(DARK, YELLOW)]),
    "show_tensors": ([{"a": torch.zeros(2, 2, 2, 2)}], {}, [("#D6E8F5", BLUE)]),
    "show_classes": ([{"": {"a": LOOKS}}], {"xlabel": "s"}, [(LIGHT, AMBER, BLACK)]),
    "show_shapes": ([SHAPES], {}, [(BLUE, AMBER)]),
    "show_maps": (
        [torch.eye(16), SIGNS, "ab"],
        {"columns": 3, "place": (4, 8)},
        [(BLACK, WHITE), *[(ORANGE, PURPLE)] * 5],  # two maps, the sheet on each; scale
    ),
}


def share(area, colour):
    """How much of the area has this colour, but for rounding."""
    wanted = 255 * np.array(to_rgb(colour))
    return (np.abs(area - wanted).max(axis=2) < 12).mean()


def test_every_function_has_its_picture_here():
    assert {n for n in dir(plots) if n.startswith(("show_", "plot_"))} == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_it_shows_what_was_given_and_says_it_to_those_who_cannot_see(areas, name):
    given, options, expected = PICTURES[name]
    picture = getattr(plots, name)(*given, title="What to see", **options)
    data, metadata = picture._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == f"[picture] {metadata['image/png']['alt']}"
    assert data["text/plain"].startswith("[picture] What to see: ")
    found = areas(picture)
    assert len(found) == len(expected)
    for area, colours in zip(found, expected, strict=True):
        assert all(share(area, colour) > 0.001 for colour in colours)


def cell_of_a_notebook():
    """Draw as cells do: a Picture whose axes are drawn on outside of any function."""
    picture = plots.Picture(5, 2, "What to see")
    left, right = picture.subplots(1, 2, width_ratios=(1, 2))
    left.imshow(torch.arange(9.0).view(3, 3))
    left.add_patch(Rectangle((0, 0), 1, 1, fill=False, lw=2))
    left.add_patch(Rectangle((1, 1), 1, 1, fc=AMBER))
    left.text(0.5, 0.5, "7", ha="center")
    right.plot([1, 3, 2], "o-", label="a line")
    right.set(title="lines", xlabel="x")
    right.legend()
    picture.suptitle("What to see")
    return picture


SETTINGS = {  # what students set, and what would be seen of each
    **style.library["dark_background"],
    "image.origin": "lower",
    "text.usetex": True,
    "savefig.transparent": True,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 1,
}


def looks(settings, draw):
    """Return what a notebook and a view show of a Picture, drawn with settings."""
    with rc_context(settings):
        before, file = dict(rcParams), io.BytesIO()
        picture = draw()
        picture.savefig(file, format="png", dpi=150)
        shown = picture._repr_mimebundle_()
        assert dict(rcParams) == before  # for the cells that draw with plt themselves
    return file.getvalue(), shown


@pytest.mark.parametrize("name", ["a cell of a notebook", *PICTURES])
def test_a_picture_is_the_same_whatever_matplotlib_is_set_to(name):
    def draw():
        if name not in PICTURES:
            return cell_of_a_notebook()
        given, options, _ = PICTURES[name]
        return getattr(plots, name)(*given, title="What to see", **options)

    assert looks(SETTINGS, draw) == looks({}, draw)


def corners(area):
    """The colours in the middle of the four quarters, by rows."""
    h, w = area.shape[0] // 4, area.shape[1] // 4
    return [area[y, x].tolist() for y in (h, 3 * h) for x in (w, 3 * w)]


TWO = [CHECKERS, 1 - CHECKERS]
GIVEN = {
    "list": TWO,
    "batch (N, 1, H, W)": torch.stack(TWO)[:, None],
    "generator": iter(TWO),
    "values of a dict": dict(enumerate(TWO)).values(),
    "a single picture": CHECKERS,
    "it needs gradients": CHECKERS.clone().requires_grad_(),
}


@pytest.mark.parametrize("images", GIVEN.values(), ids=GIVEN)
def test_show_images_draws_the_pixels_where_they_belong(areas, images):
    black, white = [0, 0, 0], [255, 255, 255]
    first, *second = areas(show_images(images, {"a": 1, "b": 2}, title="Two"))
    assert corners(first) == [black, white, white, black]
    assert all(corners(area) == [white, black, black, white] for area in second)


def test_show_images_shows_signs_and_a_photograph_with_all_its_colours(areas):
    (area,) = areas(show_images(SIGNS[0], signed=True, title="Signs"))
    assert share(area, ORANGE) > 0.4 and share(area, PURPLE) > 0.4
    torch.manual_seed(0)
    photograph = torch.rand(3, 40, 40)
    many, few = (
        len(np.unique(areas(show_images([image], title="A"))[0].reshape(-1, 3), axis=0))
        for image in (photograph, photograph[0])
    )
    assert many > 1000 and few <= 256
    data, _ = show_images([photograph], title="A")._repr_mimebundle_()
    assert base64.b64decode(data["image/jpeg"]).startswith(b"\xff\xd8\xff")


def test_a_grid_of_pixels_is_drawn_in_greys_with_digits_that_can_be_read(areas):
    grids = {"X": torch.tensor([[0.0, 2.0]]), "Y": torch.tensor([[-2.0, 2.0]])}
    picture = show_numbers(grids, pictures=["X"], windows={"X": (0, 0, 1, 1)}, title="")
    (pixels, signs), axes = areas(picture), picture.get_axes()
    assert share(pixels, BLACK) > 0.25 and share(pixels, WHITE) > 0.25
    assert share(pixels, LILAC) == 0 and share(signs, LILAC) > 0.25
    assert [text.get_color() for text in axes[0].texts] == ["white", "black"]


def test_show_images_names_its_rows_and_cuts_no_text_off():
    picture = show_images([CHECKERS] * 8, rows=["one", "two"], title="A row. " * 20)
    (ax,) = picture.get_axes()
    tops = [ax.images[i].get_extent()[3] for i in (0, 4)]
    for text, name, top in zip(ax.texts, ("one", "two"), tops, strict=True):
        assert text.get_text() == name
        assert text.get_position()[0] < ax.images[0].get_extent()[0]
        assert top < text.get_position()[1] < top + 2
    data, _ = picture._repr_mimebundle_()
    width, _ = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size
    assert width > 1050  # ten inches do not hold this title
    (ax,) = show_images([CHECKERS] * 10, ["of three words"] * 10, title="").get_axes()
    assert ax.texts[0].get_text() == "of three\nwords"


@pytest.mark.parametrize(
    "name, given, words",
    [
        ("show_images", [torch.zeros(2, 6, 5, 5)], r"images\[0\] must be a picture"),
        ("show_images", [torch.zeros(500, 2, 2)], "1 to 200 pictures, not 500"),
        ("show_numbers", [CHECKERS], "grids must be a dict"),
        ("show_numbers", [{"Y": CHECKERS[None]}], r"grids\['Y'\] must be a matrix"),
        ("show_tensors", [{"X": torch.zeros(9, 1, 28, 28)}], "at most 1,000 numbers"),
    ],
)
def test_what_one_types_wrong_is_told(name, given, words):
    with pytest.raises(ValueError, match=words):
        getattr(plots, name)(*given, title="A")


def test_a_strip_of_classes_has_a_column_for_each_look(areas):
    panels = {"one": {"a": LOOKS, "b": LOOKS[::-1]}, "two": {"c": LOOKS}}
    picture = plots.show_classes(panels, title="Classes", xlabel="step")
    for ax, steps in zip(picture.get_axes(), ("0110", "01"), strict=True):
        assert "".join(label.get_text() for label in ax.get_xticklabels()) == steps
    first, second = areas(picture)
    for area in (first, second):  # 20 cells: 2 black, 4 amber, 14 light
        dead, lost, alive = (share(area, c) for c in (BLACK, AMBER, LIGHT))
        assert lost / dead == pytest.approx(2, rel=0.2)
        assert alive / dead == pytest.approx(7, rel=0.2)
    h, w, _ = second.shape
    row = int(h * (1.8 + 1) / 11.3)  # class 1: dead in the first look, lost in the next
    assert second[row, w // 4].tolist() == [0, 0, 0]
    assert share(second[row : row + 1, 3 * w // 4 : 3 * w // 4 + 1], AMBER) == 1
