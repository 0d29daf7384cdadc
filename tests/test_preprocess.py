"""Facts about the folder that preprocess.py writes."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT

from text2sql.data.spider import database_path, read_schemas
from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.prompts.dataset import COLUMNS, prompt_text, read_prompts
from text2sql.prompts.sql_text import one_line

pytestmark = pytest.mark.slow  # each test runs a command or a model


@pytest.fixture
def tokenizer(tiny_gemma_dir):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_gemma_dir)


def read_rows(output_dir: Path, split: str) -> list[dict]:
    from datasets import load_from_disk

    return load_from_disk(str(output_dir / split), keep_in_memory=True).to_list()


def files_of(output_dir: Path) -> dict[str, bytes]:
    paths = (path for path in output_dir.rglob("*") if path.is_file())
    return {
        str(path.relative_to(output_dir)): path.read_bytes()
        for path in paths
        if path.name != "manifest.json"
    }


def assert_rows_are_sound(rows: list[dict], tokenizer, max_length: int) -> None:
    """What must hold of every row, whatever the data and the settings."""
    for row in rows:
        assert tuple(row) == COLUMNS
        asked = tokenizer.apply_chat_template(
            row["prompt"], tokenize=False, add_generation_prompt=True
        )
        assert prompt_text(row) == asked
        sql = row["completion"][0]["content"]
        assert row["text"] == f"{asked}{sql}<end_of_turn>\n"
        ids = tokenizer(row["text"], add_special_tokens=False).input_ids
        assert tokenizer.decode(ids) == row["text"]
        assert ids.count(tokenizer.bos_token_id) == 1
        assert len(ids) == row["num_tokens"]
        assert sql == one_line(row["gold_sql"])
        shown = [m["content"].lower() for m in row["prompt"] if m["role"] == "assistant"]
        assert len(shown) == row["num_shots"]
        assert not any(sql.rstrip("; ").lower() in shot for shot in shown)
        num_prompt_tokens = len(tokenizer(asked, add_special_tokens=False).input_ids)
        reduced_as_far_as_it_goes = row["num_shots"] == 0 and row["schema_reduced"]
        assert num_prompt_tokens <= max_length or reduced_as_far_as_it_goes


def test_rows_and_manifest_are_those_of_the_contract(run_preprocess, tokenizer, tiny_spider_dir):
    output_dir = run_preprocess()
    manifest = read_json(output_dir / "manifest.json")
    assert set(manifest["splits"]) == {"train", "validation", "holdout"}
    for name, split in manifest["splits"].items():
        rows = read_rows(output_dir, name)
        assert len(rows) == split["rows"]
        assert_rows_are_sound(rows, tokenizer, manifest["max_length"])
        assert Path(split["tables_path"]) == tiny_spider_dir / "tables.json"
        assert Path(split["database_dir"]) == tiny_spider_dir / "database"
    assert {"model_id", "seed", "limit", "command", "versions", "sources"} <= set(manifest)
    assert all(len(sha256) == 64 for sha256 in manifest["sources"].values())


def test_validation_is_whole_and_in_spiders_order(run_preprocess, tiny_spider_dir):
    rows = read_rows(run_preprocess(), "validation")
    dev = json.loads((tiny_spider_dir / "dev.json").read_text())
    assert [(r["question"], r["gold_sql"]) for r in rows] == [
        (r["question"], r["query"]) for r in dev
    ]
    assert rows[0]["hardness"] == "easy"


def test_every_train_example_is_somewhere(run_preprocess):
    output_dir = run_preprocess("--max_length", "900")
    manifest = read_json(output_dir / "manifest.json")
    ids = [row["id"] for name in ("train", "holdout") for row in read_rows(output_dir, name)]
    ids += [id_ for split in manifest["splits"].values() for id_ in split["left_out_ids"]]
    ids += [shot["id"] for shot in manifest["fixed_shots"]]
    assert sorted(ids) == sorted(f"train-{number}" for number in range(40))


def test_no_database_is_in_both_train_and_holdout(run_preprocess):
    output_dir = run_preprocess()
    databases = [{r["db_id"] for r in read_rows(output_dir, s)} for s in ("train", "holdout")]
    assert databases[0] and databases[1] and not databases[0] & databases[1]


def test_holdout_fraction_of_zero_writes_no_holdout(run_preprocess):
    output_dir = run_preprocess("--holdout_fraction", "0")
    assert not (output_dir / "holdout").exists()
    assert "holdout" not in read_json(output_dir / "manifest.json")["splits"]


@pytest.mark.parametrize("flags", [(), ("--shot_selection", "similar")], ids=["fixed", "similar"])
def test_same_command_twice_gives_the_same_bytes(run_preprocess, flags):
    first, second = run_preprocess(*flags, output="a"), run_preprocess(*flags, output="b")
    assert files_of(first) == files_of(second)
    assert "train/data-00000-of-00001.arrow" in files_of(first)


def test_similar_shots_are_of_other_databases_and_leave_train_whole(run_preprocess, tokenizer):
    output_dir = run_preprocess("--shot_selection", "similar")
    train = read_rows(output_dir, "train")
    assert len(train) + len(read_rows(output_dir, "holdout")) == 40
    assert_rows_are_sound(train, tokenizer, 1024)
    assert train[0]["prompt"] != train[1]["prompt"]
    assert read_json(output_dir / "manifest.json")["fixed_shots"] == []


def test_only_train_examples_are_left_out_where_the_budget_is_too_small(run_preprocess, tokenizer):
    output_dir = run_preprocess("--max_length", "200")
    splits = read_json(output_dir / "manifest.json")["splits"]
    assert splits["train"]["rows"] > 0 < splits["train"]["left_out"]
    assert max(row["num_tokens"] for row in read_rows(output_dir, "train")) <= 200
    validation = read_rows(output_dir, "validation")
    assert_rows_are_sound(validation, tokenizer, 200)
    above = [row["id"] for row in validation if row["num_tokens"] > 200]
    assert above == splits["validation"]["above_max_length_ids"] != []


def test_shots_that_leave_no_example_to_train_on_are_refused(run_preprocess, own_spider_dir):
    by_database = {row["db_id"]: row for row in read_json(own_spider_dir / "train_spider.json")}
    write_json(own_spider_dir / "train_spider.json", [*by_database.values()][:3])
    (own_spider_dir / "train_others.json").unlink(missing_ok=True)
    with pytest.raises(UserError, match=r"none is left to train on\. Lower --num_shots"):
        run_preprocess("--holdout_fraction", "0", spider_dir=own_spider_dir)


def test_budget_that_no_train_example_fits_is_refused(run_preprocess):
    with pytest.raises(UserError, match="No example of train fits --max_length 50"):
        run_preprocess("--max_length", "50")


def test_smoke_run_takes_the_first_examples_and_says_so(run_preprocess):
    output_dir = run_preprocess("--limit", "3")
    assert [row["id"] for row in read_rows(output_dir, "validation")] == [
        "validation-0",
        "validation-1",
        "validation-2",
    ]
    manifest = read_json(output_dir / "manifest.json")
    assert manifest["limit"] == 3
    assert {split["rows"] for split in manifest["splits"].values()} == {3}


def test_extra_splits_keep_what_they_bring(run_preprocess, own_spider_dir, tiny_spider_dir):
    tables = own_spider_dir / "tables.json"
    tables.write_text(tables.read_text().replace("museum", "gallery"))
    dev = own_spider_dir / "dev.json"
    dev.write_text(dev.read_text().replace("museum", "gallery"))
    extra = (f"dk={own_spider_dir}", f"realistic={tiny_spider_dir}/dev.json")
    output_dir = run_preprocess("--extra_split", extra[0], "--extra_split", extra[1])
    splits = read_json(output_dir / "manifest.json")["splits"]
    assert read_rows(output_dir, "dk")[0]["db_id"] == "gallery"
    assert splits["dk"]["tables_path"] == str(tables)
    assert splits["dk"]["missing_databases"] == ["gallery"]
    assert splits["realistic"]["tables_path"] == str(tiny_spider_dir / "tables.json")
    assert splits["realistic"]["rows"] == splits["dk"]["rows"] == 16


def test_databases_from_two_places_are_merged_into_one_folder(run_preprocess, own_spider_dir):
    """As Spider-DK has it: the folder brings new databases, and asks Spider's own too."""
    entries = json.loads((own_spider_dir / "tables.json").read_text())
    kept = [entry for entry in entries if entry["db_id"] == "museum"]
    (own_spider_dir / "tables.json").write_text(json.dumps(kept))
    shutil.rmtree(own_spider_dir / "database" / "stable")
    (own_spider_dir / "dev.json").rename(own_spider_dir / "Spider-DK.json")
    for _ in range(2):  # also where an earlier run left its folder
        output_dir = run_preprocess("--extra_split", f"dk={own_spider_dir}")
    split = read_json(output_dir / "manifest.json")["splits"]["dk"]
    assert Path(split["tables_path"]).is_relative_to(output_dir / "dk")
    assert read_schemas(Path(split["tables_path"])).keys() == {"museum", "stable"}
    assert all(
        database_path(Path(split["database_dir"]), db_id).is_file()
        for db_id in ("museum", "stable")
    )
    assert len(read_prompts(output_dir, "dk")) == split["rows"] == 16
    run_preprocess()
    assert (own_spider_dir / "database" / "museum" / "museum.sqlite").is_file()


def test_gold_queries_that_cannot_be_scored_are_named_apart(run_preprocess, own_spider_dir, capsys):
    queries = ("SELECT CAST(count(*) AS REAL) FROM wing", "SELECT name FROM wing WHERE no = 1")
    rows = [{"db_id": "museum", "question": "How many?", "query": query} for query in queries]
    (own_spider_dir / "bird.json").write_text(json.dumps(rows))
    output_dir = run_preprocess("--extra_split", f"bird={own_spider_dir / 'bird.json'}")
    split = read_json(output_dir / "manifest.json")["splits"]["bird"]
    assert split["gold_outside_grammar"] == ["bird-0", "bird-1"]
    assert split["gold_errors"].keys() == {"bird-1"}
    shown = capsys.readouterr().out
    assert "outside Spider's grammar, scored by execution alone: 2: bird-0, bird-1" in shown
    assert "do not run: 1: bird-1 (unknown_column: no such column: no)" in shown


def test_missing_database_is_named_and_costs_no_prompt(run_preprocess, own_spider_dir, capsys):
    shutil.rmtree(own_spider_dir / "database" / "museum")
    splits = read_json(run_preprocess(spider_dir=own_spider_dir) / "manifest.json")["splits"]
    assert splits["validation"]["missing_databases"] == ["museum"]
    assert splits["validation"]["rows"] == 16
    assert "no database file for museum (8 questions)" in capsys.readouterr().out


def test_fewer_shots_than_asked_for_are_counted_aloud(run_preprocess, capsys):
    rows = read_rows(run_preprocess("--num_shots", "50"), "validation")
    assert f"  {len(rows)} with fewer than 50 shots" in capsys.readouterr().out


def test_gold_sql_outside_of_spiders_grammar_has_no_hardness(run_preprocess, own_spider_dir):
    rows = [{"db_id": "museum", "question": "Rank them.", "query": "SELECT rank() OVER () FROM x"}]
    (own_spider_dir / "dev.json").write_text(json.dumps(rows))
    rows = read_rows(run_preprocess(spider_dir=own_spider_dir), "validation")
    assert [row["hardness"] for row in rows] == [None]


def test_help_is_answered_without_torch():
    code = (
        "import runpy, sys\n"
        "sys.argv = ['preprocess.py', '--help']\n"
        "try:\n    runpy.run_path('preprocess.py', run_name='__main__')\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "assert not {'torch', 'datasets', 'sklearn'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


# The small tokenizer knows no English: its texts are more than twice as long as Gemma's.
REAL_MAX_LENGTH = 2560


@pytest.fixture(scope="module", params=[(), ("--shot_selection=similar", "--limit=1034")])
def real_output_dir(request, spider_dir, tiny_gemma_dir, tmp_path_factory) -> Path:
    output_dir = tmp_path_factory.mktemp("real") / "processed"
    flags = [f"--max_length={REAL_MAX_LENGTH}", f"--spider_dir={spider_dir}", *request.param]
    flags += [f"--model_id={tiny_gemma_dir}", f"--output_dir={output_dir}"]
    subprocess.run([sys.executable, ROOT / "preprocess.py", *flags], check=True)
    return output_dir


@pytest.mark.real_data
def test_real_validation_is_spiders_1034_in_order(real_output_dir, spider_dir):
    dev = json.loads((spider_dir / "dev.json").read_text())
    rows = read_rows(real_output_dir, "validation")
    assert [row["gold_sql"] for row in rows] == [row["query"] for row in dev]
    hardness = Counter(row["hardness"] for row in rows)
    assert hardness == {"easy": 248, "medium": 446, "hard": 174, "extra": 166}


@pytest.mark.real_data
def test_every_real_row_is_sound(real_output_dir, tokenizer):
    for name in ("train", "validation", "holdout"):
        rows = read_rows(real_output_dir, name)
        assert len(rows) > 300
        assert_rows_are_sound(rows, tokenizer, REAL_MAX_LENGTH)
        if name != "validation":
            assert max(row["num_tokens"] for row in rows) <= REAL_MAX_LENGTH


@pytest.mark.real_data
def test_all_7000_real_train_examples_are_accounted_for(real_output_dir):
    manifest = read_json(real_output_dir / "manifest.json")
    train, holdout = manifest["splits"]["train"], manifest["splits"]["holdout"]
    kept = train["rows"] + holdout["rows"] + len(manifest["fixed_shots"])
    if manifest["limit"] is None:
        assert kept + train["left_out"] + holdout["left_out"] == 7000
    databases = [{r["db_id"] for r in read_rows(real_output_dir, s)} for s in ("train", "holdout")]
    assert not databases[0] & databases[1]
    assert abs(holdout["rows"] + holdout["left_out"] - 350) < 20
