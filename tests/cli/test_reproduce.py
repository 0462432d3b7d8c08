"""chainrule reproduce: whether this machine gives the published numbers."""

import json

import chainrule.tasks.reproduction.published as table


def test_a_preset_is_as_published(cli):
    ran = cli("reproduce", "mlp", "--json", "--threads", 1)
    found = json.loads(ran.out)
    assert (ran.code, found["reproduced"]) == (0, True)
    (row,) = found["presets"]
    assert (row["preset"], row["steps"], row["differs"]) == ("mlp", 32, None)
    assert row["sha256"] == row["published"] == table.published()["mlp"].sha256


def test_where_it_differs_is_told(cli, tmp_path, monkeypatch):
    text = table.TABLE.read_text()
    said = table.published()["mlp"]
    gradient = next(made for made in said.first_step if made.what == "dL/dw")
    for old in (said.sha256, *said.steps, gradient.hash):
        text = text.replace(old, "0" * len(old))
    (tmp_path / "other.json").write_text(text)
    monkeypatch.setattr(table, "TABLE", tmp_path / "other.json")
    ran = cli("reproduce", "mlp", "--quiet")
    assert ran.code == 1
    assert ran.err == "chainrule: not as published: mlp differs first in step 1 of 32: dL/dw, fc1.w\n"
    assert "1 of 1 NOT as published" in ran.out


def test_what_is_not_published_is_refused(cli):
    ran = cli("reproduce", "21mnist")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("chainrule: no hashes are published of '21mnist'; expected ")
