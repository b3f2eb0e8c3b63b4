import millstream as gr
from millstream.server.options import ServerOptions


def test_sizes_can_be_multiplied() -> None:
    size = gr.FileSize
    assert [int(each) for each in (size.B, size.KB, size.GB, size.TB)] == [1, 1 << 10, 1 << 30, 1 << 40]
    options = ServerOptions.resolve({"max_file_size": 5 * gr.FileSize.MB}, {})
    assert options.max_file_size == 5 * 1024 * 1024


def test_what_is_guarded_against_reloading_runs() -> None:
    assert gr.NO_RELOAD
