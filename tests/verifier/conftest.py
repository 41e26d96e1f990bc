"""A home of its own for every test: what the verifier remembers there is nobody else's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.verifier.published import Said, verifier

Verify = Callable[..., Said]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    """One run in this process, with its JSON answer in English."""

    def call(*arguments: object) -> Said:
        capsys.readouterr()
        status = verifier.main([*map(str, arguments), "--format", "json", "--lang", "en"])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return call
