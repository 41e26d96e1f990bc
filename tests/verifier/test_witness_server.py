"""``witness serve``: the C2SP tlog-witness protocol, request by request, over HTTP."""

import hashlib
import http.client
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from referral_hub.audit.notes import encode64, parse_note, sign
from referral_hub.audit.roster import Witness
from referral_hub.audit.witnesses import collect
from tests.verifier.published import ALog, a_key, a_log, a_witness, an_entry, verifier
from tests.verifier.witnessing import Serving, new_key, request, serving, stored

LOG = a_log(600)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, LOG) as running:
        yield running


def test_the_requests_of_a_log_in_the_order_of_its_life(witness: Serving, tmp_path: Path) -> None:
    first = witness.post(request(LOG, 0, 10))
    assert (first.status, witness.holds(first, LOG, 10)) == (200, True)
    extension = witness.post(request(LOG, 10, 300))
    assert (extension.status, witness.holds(extension, LOG, 300)) == (200, True)
    again = witness.post(request(LOG, 300, 300))
    assert (again.status, witness.holds(again, LOG, 300)) == (200, True)

    smaller = witness.post(request(LOG, 10, 400))
    assert (smaller.status, smaller.type, smaller.body) == (409, "text/x.tlog.size", b"300\n")
    larger = witness.post(request(LOG, 350, 400))
    assert (larger.status, larger.type, larger.body) == (409, "text/x.tlog.size", b"300\n")
    assert witness.post(request(LOG, 301, 300, path=[])).status == 400
    assert witness.post(request(LOG, 300, 400, path=LOG.consistency(299, 400))).status == 422
    assert witness.post(request(LOG, 300, 400, path=[])).status == 422
    assert witness.post(request(LOG, 300, 300, path=[b"x" * 32])).status == 422
    assert witness.post(request(a_log(9, origin="other.example/log"), 0, 9)).status == 404
    assert witness.post(request(a_log(400, number=9), 300, 400)).status == 403
    assert witness.post(b"old 300\n\nno note at all\n").status == 400
    assert stored(tmp_path, LOG) == 300
    assert witness.post(request(LOG, 300, 600)).status == 200


def test_another_root_of_the_same_size_is_refused_and_kept_as_evidence(witness: Serving, tmp_path: Path) -> None:
    other = ALog([an_entry(0, out="denied"), *LOG.entries[1:]])
    assert witness.post(request(LOG, 0, 300)).status == 200
    answer = witness.post(request(other, 300, 300))
    assert answer.status == 422
    for log in (LOG, other):
        assert verifier.parse_checkpoint(log.checkpoint(300).text()).milestone in answer.body.decode()
    (evidence,) = (tmp_path / "state").rglob("fork-300-*")
    assert evidence.read_bytes() == other.note(300)
    assert stored(tmp_path, LOG) == 300


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"old 0",
        request(LOG, 0, 10).replace(b"old 0", b"old 00"),
        request(LOG, 0, 10).replace(b"old 0", b"old -1"),
        request(LOG, 0, 10).replace(b"old 0", b"old  0"),
        request(LOG, 0, 10).replace(b"old 0", b"new 0"),
        request(LOG, 0, 10, path=[b"short"]),
        request(LOG, 0, 10, path=[b"x" * 32] * 64),
        request(LOG, 0, 10, note=LOG.note(10).replace(b"\n10\n", b"\n010\n")),
        request(LOG, 0, 10, note=LOG.note(10)[:-1]),
        request(LOG, 0, 10, note=LOG.note(10).replace("—".encode(), b"-")),
        request(LOG, 0, 10, note=b"\xff" + LOG.note(10)),
    ],
)
def test_a_malformed_request_is_400_and_leaves_nothing(tmp_path: Path, body: bytes) -> None:
    file, _ = new_key(tmp_path)
    witness = verifier.Witness(tmp_path / "state", verifier.read_signer(file), [verifier.parse_key(str(LOG.key))])
    assert witness.add_checkpoint(body).status == 400
    assert not (tmp_path / "state").exists()


def test_proof_lines_up_to_63_are_read(witness: Serving) -> None:
    assert witness.post(request(LOG, 0, 10)).status == 200
    assert witness.post(request(LOG, 10, 20, path=[b"x" * 32] * 63)).status == 422


def test_sixteen_signatures_of_strangers_are_ignored(witness: Serving) -> None:
    text = LOG.checkpoint(10).text()
    lines = [sign(text, f"stranger{n}.example", a_key(f"stranger{n}.example", 50 + n)[0]) for n in range(8)]
    large = [f"— large{n}.example {encode64(bytes([n]) * 4_700)}\n" for n in range(7)]
    note = text + "\n" + "".join([*lines, *large]) + LOG.note(10).decode().rpartition("\n\n")[2]
    assert note.count("—") == 16
    answer = witness.post(request(LOG, 0, 10, note=note.encode()))
    assert (answer.status, witness.holds(answer, LOG, 10)) == (200, True)
    kept = parse_note(witness.get(f"/{hashlib.sha256(LOG.origin.encode()).hexdigest()}/checkpoint").body)
    assert [one.name for one in kept.signatures] == [LOG.origin, "police.example/1"]


def test_who_watches_gets_the_last_checkpoint_with_both_signatures(witness: Serving) -> None:
    name = hashlib.sha256(LOG.origin.encode()).hexdigest()
    assert witness.get(f"/{name}/checkpoint").status == 404
    line = witness.post(request(LOG, 0, 10)).body
    answer = witness.get(f"/{name}/checkpoint")
    assert (answer.status, answer.body) == (200, LOG.note(10) + line)
    assert witness.get(f"/{'0' * 64}/checkpoint").status == 404
    assert witness.get("/").status == 404
    assert witness.post(b"", "/elsewhere").status == 404


def test_a_body_too_large_or_without_a_length_is_refused_at_once(witness: Serving) -> None:
    assert witness.post(b"x" * (128 * 1024 + 1)).status == 413
    connection = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=10)
    connection.putrequest("POST", "/add-checkpoint")
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()
    assert witness.post(request(LOG, 0, 10)).status == 200


def test_killed_between_storing_and_answering_it_neither_forgets_nor_blocks(tmp_path: Path) -> None:
    with serving(tmp_path, LOG, power_cut=True) as cut:
        with pytest.raises((http.client.HTTPException, OSError)):
            cut.post(request(LOG, 0, 100))
        assert cut.process.wait(10) == 9
    assert stored(tmp_path, LOG) == 100
    with serving(tmp_path, LOG) as witness:
        answer = witness.post(request(LOG, 0, 100))
        assert (answer.status, answer.body) == (409, b"100\n")
        assert witness.holds(witness.post(request(LOG, 100, 100)), LOG, 100)
        assert witness.post(request(LOG, 100, 200)).status == 200


def test_killed_at_any_moment_it_never_goes_back_behind_what_it_answered(tmp_path: Path) -> None:
    chance, answered = random.Random(7), 0
    for _ in range(5):
        with serving(tmp_path, LOG) as witness:
            threading.Timer(chance.uniform(0.02, 0.2), witness.process.kill).start()
            for size in range(answered + 1, 600):
                try:
                    answer = witness.post(request(LOG, answered, size))
                except (http.client.HTTPException, OSError):
                    break
                if answer.status == 409:
                    answered = int(answer.body)
                    continue
                assert answer.status == 200
                answered = size
        if answered:
            assert answered <= stored(tmp_path, LOG) <= answered + 1
    assert answered > 5


def test_of_two_requests_at_once_one_wins_and_the_other_learns_the_size(witness: Serving, tmp_path: Path) -> None:
    size = 1
    assert witness.post(request(LOG, 0, size)).status == 200
    for _ in range(15):
        both = [size + 1, size + 2]
        bodies = [request(LOG, size, one) for one in both]
        answers: dict[int, int] = {}

        def ask(i: int, bodies: list[bytes] = bodies, answers: dict[int, int] = answers) -> None:
            answers[i] = witness.post(bodies[i]).status

        threads = [threading.Thread(target=ask, args=(i,)) for i in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers.values()) == [200, 409]
        size = both[0 if answers[0] == 200 else 1]
        assert stored(tmp_path, LOG) == size


def test_the_hub_s_own_client_gets_its_cosignature(witness: Serving) -> None:
    one = Witness(witness.key.name, str(witness.key), f"http://127.0.0.1:{witness.port}/", "police")
    for size, last in ((10, 0), (300, 10), (300, 300), (600, 7)):
        (found,) = collect(LOG.note(size), size, [one], {one.name: last}, LOG.consistency, timeout_s=10)
        assert found.witness == "police.example/1"


def test_a_disk_that_refuses_gives_no_cosignature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _ = new_key(tmp_path)
    witness = verifier.Witness(tmp_path / "state", verifier.read_signer(file), [verifier.parse_key(str(LOG.key))])
    assert witness.add_checkpoint(request(LOG, 0, 10)).status == 200

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for step in ("replace", "fsync"):
        with monkeypatch.context() as broken:
            broken.setattr(verifier.os, step, full)
            assert witness.add_checkpoint(request(LOG, 10, 20)).status == 500
        assert stored(tmp_path, LOG) == 10
        assert [one.name for one in (tmp_path / "state").rglob("tmp*")] == []
    (tmp_path / "file").write_text("", "utf-8")
    blocked = verifier.Witness(tmp_path / "file", witness.signer, list(witness.logs.values()))
    assert blocked.add_checkpoint(request(LOG, 0, 10)).status == 500


def test_a_damaged_memory_stops_the_witness_before_it_listens(tmp_path: Path) -> None:
    file, _ = new_key(tmp_path)
    with serving(tmp_path, LOG) as witness:
        witness.post(request(LOG, 0, 10))
    path = tmp_path / "state" / verifier.origin_hash(LOG.origin) / "checkpoint"
    for damaged in (b"", LOG.note(10)[:-5], a_log(10, number=9).note()):
        path.write_bytes(damaged)
        arguments = ["witness", "serve", "--state", tmp_path / "state", "--key", file, "--log", LOG.key]
        assert verifier.main([*map(str, arguments), "--listen", "127.0.0.1:0"]) == 1
        assert path.read_bytes() == damaged


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, key = new_key(tmp_path)
    secret = file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(key) in capsys.readouterr().out
    assert secret.startswith("PRIVATE+KEY+police.example/1+") and str(key).split("+")[1] in secret
    assert verifier.main(["witness", "new-key", "police.example/1", "--key", str(file)]) == 1
    assert file.read_text("utf-8") == secret
    for name in ("", "a b", "a+b", "a\tb"):
        assert verifier.main(["witness", "new-key", name, "--key", str(tmp_path / "other")]) == 2
    for spoilt in ("", "PRIVATE+KEY+x", secret.replace("police", "politics"), str(a_witness(1)[1])):
        file.write_text(spoilt, "utf-8")
        with pytest.raises(verifier.Fault):
            verifier.read_signer(file)
