"""TRL's configuration as training needs it."""

from trl import SFTConfig

from text2sql.training.build import use_one_gpu


def test_process_that_sees_several_gpus_uses_one(tmp_path):
    config = SFTConfig(output_dir=str(tmp_path), use_cpu=True, per_device_train_batch_size=4)
    assert config.n_gpu == 0
    config._n_gpu = 2
    assert config.train_batch_size == 8
    assert use_one_gpu(config).train_batch_size == 4
