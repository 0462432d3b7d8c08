from pathlib import Path

import pytest

from chainrule.engine.runtime import processors
from chainrule.engine.runtime.processors import container_share, default_threads


def test_the_default_honours_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert default_threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "all")
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert default_threads() == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.delenv("NUMBA_NUM_THREADS")
    assert default_threads() >= 1


def group(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "share"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, float("inf")),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, float("inf")),
        ({"cpu.max": "nonsense"}, float("inf")),
        ({"cpu.max": "1 0"}, float("inf")),
        ({}, float("inf")),
    ],
)
def test_a_container_s_share_of_the_processors(files, share, tmp_path):
    assert container_share(group(tmp_path, files)) == share


@pytest.mark.parametrize("quota", [50_000, 100_000, 199_999])
def test_the_default_is_no_more_than_whole_processors_of_that_share(quota, monkeypatch, tmp_path):
    monkeypatch.setattr(processors, "GROUPS", group(tmp_path, {"cpu.max": f"{quota} 100000"}))
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(64), raising=False)
    assert default_threads() == 1
