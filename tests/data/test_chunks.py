import numpy as np
import pytest

from chainrule.data.chunks import BYTES, chunks


@pytest.mark.parametrize("shape", [(10, 3), (3000, 1000), (3, 5_000_000), (1, 1), (5, 0), (1 << 21,)])
def test_every_sample_is_in_one_part_of_about_a_megabyte(shape: tuple[int, ...]) -> None:
    x = np.zeros(shape, np.uint8)
    parts = list(chunks(x))
    assert [k for part in parts for k in range(part.start, part.stop)] == list(range(len(x)))
    assert all(x[part].nbytes <= max(BYTES, x[:1].nbytes) for part in parts)
    assert len(parts) <= 2 * x.nbytes // BYTES + 1


def test_no_samples() -> None:
    assert list(chunks(np.zeros((0, 3)))) == []
