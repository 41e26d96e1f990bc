"""What is wrong with a command line, in one sentence: click says it in English and in several lines."""

import os
from collections.abc import Mapping, Sequence

import click

from referral_hub.kernel.errors import Sentence

PROGRAM = "referral-hub"
LOCALE_VARIABLE = "REFERRAL_HUB_LOCALE"


def sentence(error: click.ClickException) -> Sentence:
    """The sentence for ``error``, naming what was written and where to read on."""
    help_vi, help_en = _help(error)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        group = error.ctx.command
        known = ", ".join(group.commands) if isinstance(group, click.Group) else ""
        return Sentence(f"Thiếu tên lệnh ({known}){help_vi}", f"The command is missing ({known}){help_en}")
    if isinstance(error, click.MissingParameter):
        name = _parameter(error)
        return Sentence(f"Thiếu {name}{help_vi}", f"{name} is missing{help_en}")
    if isinstance(error, click.BadParameter):
        name, (vi, en) = _parameter(error), _expected(error)
        return Sentence(f"Giá trị của {name} không dùng được ({vi}){help_vi}", f"{name} cannot be used ({en}){help_en}")
    if isinstance(error, click.NoSuchOption):
        name = error.option_name
        return Sentence(f"Không có tùy chọn “{name}”{help_vi}", f"There is no option “{name}”{help_en}")
    if isinstance(error, click.BadOptionUsage):
        name = error.option_name
        return Sentence(f"Tùy chọn “{name}” dùng chưa đúng{help_vi}", f"The option “{name}” is not used right{help_en}")
    command = getattr(error, "command_name", None)  # NoSuchCommand, which older releases of click do not have
    if command is not None:
        return Sentence(f"Không có lệnh “{command}”{help_vi}", f"There is no command “{command}”{help_en}")
    words = " ".join(error.format_message().split()).rstrip(".")
    return Sentence(f"Dòng lệnh chưa đúng ({words}){help_vi}", f"{words}{help_en}")


def locale_of(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> str:
    """The language for a fault that is found before the options were read: ``--locale``, then the environment."""
    said = (os.environ if environ is None else environ).get(LOCALE_VARIABLE, "vi")
    for i, argument in enumerate(arguments):
        if argument.startswith("--locale="):
            said = argument.partition("=")[2]
        elif argument == "--locale" and i + 1 < len(arguments):
            said = arguments[i + 1]
        elif not argument.startswith("-") and (i == 0 or arguments[i - 1] != "--locale"):
            break  # the command begins: what follows is its own
    return "en" if said == "en" else "vi"


def _help(error: click.ClickException) -> tuple[str, str]:
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = f"{context.command_path if context else PROGRAM} --help"  # click's parser does not always say where it was
    return f": hãy xem “{path}”.", f": see `{path}`."


def _parameter(error: click.BadParameter) -> str:
    if error.param is None:
        hint = error.param_hint or ""
        return hint if isinstance(hint, str) else " / ".join(hint)
    names = [*error.param.opts, *error.param.secondary_opts]
    if isinstance(error.param, click.Option):
        return max(names, key=len)
    return error.param.metavar or (error.param.name or "").upper()


def _expected(error: click.BadParameter) -> tuple[str, str]:
    kind = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        known = ", ".join(str(one) for one in kind.choices)
        return f"cần một trong {known}", f"one of {known} is needed"
    if isinstance(kind, (click.File, click.Path)):
        return "không có tệp này hoặc không đọc được", "there is no such file, or it cannot be read"
    if isinstance(kind, click.DateTime):
        return "cần một ngày dạng NĂM-THÁNG-NGÀY", "a day (YYYY-MM-DD) is needed"
    words = " ".join(error.message.split()).rstrip(".")
    return words, words
