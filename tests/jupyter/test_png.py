"""A picture comes back from its file as it was."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from hpo_magic.jupyter.png import png


def test_a_picture_comes_back_as_it_was() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(pixels)))), pixels)
