"""View 8: a table of blocks becomes a network, and its costs are those of torch."""

import pytest
import torch

from cnn_course import networks
from cnn_course.networks import VGG11
from cnn_course.views import vgg_builder
from cnn_course.views.vgg_builder import PRESETS, draw_vgg, stages


@pytest.fixture
def view():
    return vgg_builder()


def test_each_stage_is_what_its_name_says_and_costs_what_is_counted():
    seen = [sees for _, _, sees, *_ in stages(VGG11, 1, 10, 224, 4096)]
    assert seen == ["4×4", "10×10", "30×30", "70×70", "150×150", "all", "all", "all"]
    blocks = ((1, 3), (2, 5), (3, 4))
    names, shapes, _, *costs = zip(*stages(blocks, 2, 7, 29, 11), strict=True)
    assert names == ("block 1", "block 2", "block 3", "fc 1", "fc 2", "fc 3")
    assert shapes == ("3 × 14 × 14", "5 × 7 × 7", "4 × 3 × 3", "11", "11", "7")
    net, X = networks.vgg(blocks, 2, 7, 29, 11), torch.zeros(1, 2, 29, 29)
    for i, part in enumerate([*net[:3], net[3:7], net[7:10], net[10:]]):
        assert [column[i] for column in costs] == [
            networks.count_parameters(part),
            networks.count_multiply_adds(part, X.shape),
            networks.activation_bytes(part, X.shape),
        ]
        X = part(X)


def test_presets_are_the_networks_of_the_paper():
    counts = {11: 132_863_336, 13: 133_047_848, 16: 138_357_544, 19: 143_667_240}
    for blocks, (layers, parameters) in zip(PRESETS, counts.items(), strict=False):
        drawn = draw_vgg(blocks, 3, 1000, 224, 4096)
        assert f'aria-label="{layers} layers: {parameters:,} parameters, ' in drawn
        assert PRESETS[blocks] == f"VGG-{layers}"


def test_the_label_has_the_numbers(view):
    assert "128,806,154 parameters, 7,547,232,256 multiply-adds" in view.label
    assert "activations 65.6 MB for a picture, 8.4 GB for a batch of 128" in view.label
    assert "fc 1 has 80% of the parameters, block 3 does 37%" in view.label


def test_blocks_are_added_and_removed(view):
    blocks = view.controls["blocks"]
    for _ in range(2):  # a seventh one is not added
        view.touch("press", "blocks:number:0")
        assert blocks.value == (*VGG11, (2, 512))
    assert view.label.startswith("13 layers: ")
    for _ in range(6):  # nor is the first one removed
        view.touch("press", "blocks:number:1")
    assert blocks.value == VGG11[:1] and view.label.startswith("4 layers: ")
    view.touch("press", "blocks:3")
    assert view.label.startswith("19 layers: ") and view.message.value == ""


def test_chips_change_a_block_within_its_limits(view):
    def block(*chips):
        for chip in chips:
            view.touch("press", f"blocks:{chip}")
        return view.controls["blocks"].value[0]

    assert block("0:1", "0:3") == (2, 128) and view.label.startswith("12 layers")
    assert block("0:2", "0:2", "0:0") == (1, 32)
    assert "32 × 112 × 112" in view.picture.svg
    assert block(*["0:0", "0:2"] * 9) == (1, 1)
    assert block(*["0:1", "0:3"] * 25) == (20, 4096)
    assert block("5:1") == (20, 4096)  # of a sixth block, drawn long ago
