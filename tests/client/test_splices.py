from millstream.client.splices import unspliced


def test_a_splice_becomes_the_whole_value() -> None:
    assert unspliced({"splice": [1, ["x", "y"]], "label": "L"}, ["a", "b"]) == {"value": ["a", "x", "y"], "label": "L"}


def test_other_updates_stay_as_they_are() -> None:
    update = {"value": 3}
    assert unspliced(update, None) is update
