"""preprocess.py against a hub: good, gone with a warm or a cold cache, gated, missing, broken."""

import errno
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT
from hub_user import assert_refused, run_as_user
from local_hub import LocalHub

from text2sql.errors import UserError
from text2sql.hub import explain_hub_errors

pytestmark = pytest.mark.slow  # each test runs a command or a model


def run_preprocess(hub: LocalHub, home: Path, *flags: str, **environment: str):
    archive = f"--spider_archive={hub.url}/files/spider.zip"
    return run_as_user("preprocess.py", archive, *flags, hub=hub, home=home, **environment)


def data_files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("data-*.arrow")}


def test_hub_gives_the_rows_of_the_folder_and_again_from_a_warm_cache(
    local_hub, tmp_path, tiny_spider_dir
):
    finished = run_preprocess(local_hub, tmp_path, "--output_dir=from_hub")
    assert finished.returncode == 0, finished.stderr
    folder = run_as_user(
        "preprocess.py",
        f"--spider_dir={tiny_spider_dir}",
        "--output_dir=from_folder",
        hub=local_hub,
        home=tmp_path,
    )
    assert folder.returncode == 0, folder.stderr
    assert data_files(tmp_path / "from_hub") == data_files(tmp_path / "from_folder") != {}

    local_hub.close()
    warm = run_preprocess(local_hub, tmp_path, "--output_dir=from_cache")
    assert warm.returncode == 0, warm.stderr
    assert "cannot be reached" in warm.stderr
    assert data_files(tmp_path / "from_cache") == data_files(tmp_path / "from_hub")


def test_gated_model_says_where_to_accept_its_licence(local_hub, tmp_path):
    local_hub.gated.add("google/gemma-2b-it")
    finished = run_preprocess(local_hub, tmp_path)
    assert_refused(finished, "gated", "https://huggingface.co/google/gemma-2b-it", "HF_TOKEN")
    assert not list(tmp_path.glob("processed_data")) + list(tmp_path.glob("text2sql"))


def test_gated_dataset_says_where_to_accept_its_licence(local_hub, tmp_path):
    local_hub.gated.add("xlangai/spider")
    page = "https://huggingface.co/datasets/xlangai/spider"
    assert_refused(run_preprocess(local_hub, tmp_path), "gated", page, "HF_TOKEN", "--spider_dir")


def test_missing_model_asks_to_check_its_name(local_hub, tmp_path):
    finished = run_preprocess(local_hub, tmp_path, "--model_id=google/gemma-2b-itt")
    assert_refused(finished, "google/gemma-2b-itt", "not on the hub", "Check its name")


def test_missing_dataset_names_the_folder_instead(local_hub, tmp_path, hub_root):
    local_hub.root = shutil.copytree(hub_root, tmp_path / "root")
    shutil.rmtree(local_hub.root / "datasets")
    finished = run_preprocess(local_hub, tmp_path)
    assert_refused(finished, "xlangai/spider", "not on the hub", "--spider_dir")


@pytest.mark.parametrize("environment", [{}, {"HF_HUB_OFFLINE": "1"}], ids=["gone", "offline"])
def test_cold_cache_without_a_hub_says_what_is_needed(local_hub, tmp_path, environment):
    local_hub.close()
    finished = run_preprocess(local_hub, tmp_path, **environment)
    assert_refused(finished, "google/gemma-2b-it is not in the cache", local_hub.url)
    assert "There is no folder of this name in" in finished.stderr


def test_refused_token_is_named(local_hub, tmp_path):
    local_hub.refused_status = 403
    assert_refused(run_preprocess(local_hub, tmp_path), "403", "HF_TOKEN")


def test_archive_that_cannot_be_fetched_names_the_folder_instead(local_hub, tmp_path, hub_root):
    local_hub.root = shutil.copytree(hub_root, tmp_path / "root")
    shutil.rmtree(local_hub.root / "files")
    finished = run_preprocess(local_hub, tmp_path)
    assert_refused(finished, "could not be downloaded", "--spider_dir DIR")


def test_archive_that_is_cut_short_is_refused_and_not_kept(local_hub, tmp_path, hub_root):
    local_hub.root = shutil.copytree(hub_root, tmp_path / "root")
    archive = local_hub.root / "files" / "spider.zip"
    archive.write_bytes(archive.read_bytes()[:-100])
    assert_refused(run_preprocess(local_hub, tmp_path), "not a complete zip archive")
    assert not list((tmp_path / "text2sql").iterdir())


def test_full_disk_names_the_place_to_change():
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(UserError, match="HF_HOME"), explain_hub_errors(str(ROOT), "model"):
        raise RuntimeError("could not download") from full


def test_cache_of_a_user_without_a_home_is_no_folder_called_tilde(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", "~/.cache/huggingface/hub")
    with pytest.raises(UserError, match="set HF_HOME"), explain_hub_errors("a/b", "model"):
        pytest.fail("the block must not be entered")


def test_error_that_is_not_the_hubs_stays_what_it_is():
    with pytest.raises(KeyError), explain_hub_errors(str(ROOT), "model"):
        raise KeyError("a bug of ours")


@pytest.mark.parametrize("repo_id", ["./nowhere", "/nowhere", "~/nowhere", "a/b/c"])
def test_folder_that_does_not_exist_is_not_looked_up_on_the_hub(repo_id):
    with pytest.raises(UserError, match="does not exist"), explain_hub_errors(repo_id, "model"):
        pytest.fail("the block must not be entered")


def test_folder_without_a_model_says_what_the_library_misses(tmp_path):
    from transformers import AutoConfig

    with pytest.raises(UserError, match="cannot be loaded"):  # noqa: SIM117
        with explain_hub_errors(str(tmp_path), "model"):
            AutoConfig.from_pretrained(tmp_path)


@pytest.mark.parametrize("status", [429, 503])
def test_hub_that_is_too_busy_says_to_try_again_later(status):
    from huggingface_hub.errors import HfHubHTTPError

    answer = SimpleNamespace(status_code=status, headers={}, request=None)
    with pytest.raises(UserError, match=f"{status}.*later"), explain_hub_errors("a/b", "model"):
        raise OSError("cannot load") from HfHubHTTPError("busy", response=answer)
