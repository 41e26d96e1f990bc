"""Two pieces of code, written apart from the same texts, say the same about every small tree; and published vectors."""

import ast
import re
import string
import sys

import pytest

from referral_hub.audit.acts import Act
from referral_hub.audit.notes import parse_note
from referral_hub.audit.tree import inclusion_proof, root_of
from tests.verifier.published import SCRIPT, a_log, verifier

LOG = a_log(40)


def test_every_inclusion_proof_of_the_hub_leads_to_the_root() -> None:
    for size in range(1, 41):
        subtree = LOG.subtree(size)
        for index in range(size):
            path = inclusion_proof(index, size, subtree)
            assert verifier.root_by_inclusion(index, size, LOG.leaves[index], path) == root_of(LOG.leaves[:size])
            for wrong in ([*path[1:]], [*path, b"x" * 32]) if path else ([b"x" * 32],):
                with pytest.raises(verifier.Fault):
                    verifier.root_by_inclusion(index, size, LOG.leaves[index], wrong)


def test_every_consistency_proof_of_the_hub_leads_to_both_roots() -> None:
    for size in range(1, 41):
        for old in range(1, size + 1):
            path, before = LOG.consistency(old, size) if old < size else [], root_of(LOG.leaves[:old])
            assert verifier.roots_by_consistency(old, size, path, before) == (before, root_of(LOG.leaves[:size]))
            with pytest.raises(verifier.Fault):
                verifier.roots_by_consistency(old, size, [*path, b"x" * 32], before)


def test_the_roots_of_the_certificate_transparency_texts() -> None:
    """The eight inputs of RFC 6962's reference code; roots of 1, 2, 3, 5 and 8 leaves."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [verifier.leaf_hash(bytes.fromhex(one)) for one in inputs]
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size, root in roots.items():
        peaks = list(verifier.edge(b"".join(leaves[:size])))
        assert verifier.root_over(peaks).hex() == root
    assert verifier.root_over([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_example_of_the_signed_note_format_holds() -> None:
    key = verifier.parse_key(GO_KEY)
    assert (key.name, key.line) == ("PeterNeumann", GO_KEY)
    assert verifier.signed_at(verifier.parse_note(GO_NOTE.encode()), key) == 0
    with pytest.raises(verifier.Fault):
        verifier.signed_at(verifier.parse_note(GO_NOTE.replace("answer", "Answer").encode()), key)


def test_both_read_the_same_notes() -> None:
    note = LOG.note(40, 1, 2)
    ours, theirs = verifier.parse_note(note), parse_note(note)
    assert ours.text == theirs.text
    assert list(ours.signatures) == [(one.name, one.key_id, one.value) for one in theirs.signatures]
    assert ours.with_only(*(verifier.signature_line(n, i + s) for n, i, s in ours.signatures)) == note


def imports() -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_it_needs_python_and_cryptography_and_nothing_of_the_hub() -> None:
    assert imports() - set(sys.stdlib_module_names) == {"cryptography"}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_is_there_in_both_languages_and_every_sentence_is_said() -> None:
    source = SCRIPT.read_text("utf-8").partition("def say(")[2]
    for code, (vi, en) in verifier.SENTENCES.items():
        assert vi != en, code
        assert placeholders(vi) == placeholders(en), code
        assert f'"{code}"' in source, f"{code} is never said"
    assert set(re.findall(r'(?:Fault|say)\("([a-z]+\.[a-z]+)"', source)) <= set(verifier.SENTENCES)


def test_the_deeds_it_has_words_for_are_deeds_of_the_hub() -> None:
    codes = {act.value.leaf for act in Act}
    assert set(verifier.DEEDS) <= codes
