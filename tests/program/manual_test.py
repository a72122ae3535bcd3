"""The manual against what is there: man pages, --help and conf/reelgate.conf name the same options with the same
defaults in the same order, the blocks for web servers are the shipped files, and every line that the program can log,
every finding of `check` and every figure of `status` is explained.

Does not judge what is said of anything.
SPDX-License-Identifier: MIT
"""
import re
import subprocess

import support
from support import equal

HELP = support.reelgate("--help").stdout.decode()
PAGES = sorted((support.ROOT / "man").iterdir())
PROGRAM_PAGE, FILE_PAGE = (support.ROOT / "man" / name for name in ("reelgate.8", "reelgate.conf.5"))
SHIPPED = support.ROOT / "conf/reelgate.conf"

# An option in --help: name, argument, meaning, default.
OPTION = re.compile(r"^  --([a-z-]+)(?:(?: |\[=)([A-Z]+)\]?)? +(.*?)(?: \(default: (.*)\))?$", re.MULTILINE)

# Defaults that the machine or another default decides, and what the shipped file shows for them.
COMPUTED = {"database": "/var/lib/reelgate/catalog.db", "videos": "/var/lib/reelgate/videos", "threads": "4"}

# An entry of a list in a page: its head and its text.
ENTRY = re.compile(r"^\.It ([^\n]*)\n(.*?)(?=^\.(?:It|El)\b)", re.MULTILINE | re.DOTALL)


def options_of(title):
    """The options of a part of --help, in their order."""
    part = next(part for part in HELP.split("\n\n") if part.startswith(title))
    return OPTION.findall(part.partition(":\n")[2] if "file:\n" not in part else part.partition("file:\n")[2])


SETTINGS = options_of("Options of every command")
OWN = {command: options_of(f"Options of {command}:")
       for command in re.findall(r"^Options of (\w+):$", HELP, re.MULTILINE)}


def unescaped(text):
    """The text that roff makes of a line of input."""
    return re.sub(r"^\\&", "", text, flags=re.MULTILINE).replace("\\e", "\\").replace("\\-", "-") \
        .replace("\\(dq", '"')


def section(page, name):
    return re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", page.read_text(), re.MULTILINE | re.DOTALL).group(1)


def items(page, name, form):
    """The entries of a section's lists: what `form` finds in the head, and the text without its macros."""
    for head, text in ENTRY.findall(section(page, name)):
        found = re.fullmatch(form, head)
        assert found, f"{page.name}: {name}: .It {head} has not the form of an option"
        yield found.groups(""), text


def default_in(text):
    found = re.search(r"^Default: (.*)\.$", text, re.MULTILINE)
    return unescaped(found.group(1)) if found else None


def check_program_page(report):
    documented = list(items(PROGRAM_PAGE, "OPTIONS", r"Fl Fl (\S+)(?:(?: Ns Op = Ns)? Ar (\S+))?"))
    wanted = [option for options in (SETTINGS, *OWN.values()) for option in options]
    with report.row("reelgate.8: the options of --help, in its order"):
        equal([head for head, _ in documented], [(name, argument) for name, argument, _, _ in wanted], "options")
    for (name, argument, meaning, default), (_, text) in zip(wanted, documented):
        with report.row(f"reelgate.8: --{name} as in --help"):
            words = unescaped(text.partition(".br\n")[0]).split()
            equal(" ".join(words), meaning + ".", "meaning")
            equal(default_in(text), (default or "none") if argument else None, "default")
    synopsis = section(PROGRAM_PAGE, "SYNOPSIS")
    for command, options in OWN.items():
        with report.row(f"reelgate.8: the synopsis of {command} has its options"):
            usage = re.search(rf"^\.Cm {command}\n(.*?)(?=^\.Nm|\Z)", synopsis, re.MULTILINE | re.DOTALL).group(1)
            equal(re.findall(r"Fl Fl (\S+)", usage), [name for name, *_ in options], "options")
    with report.row("reelgate.8: the commands of --help"):
        commands = set(re.findall(r"^  reelgate (--check-config|\w+) ", HELP, re.MULTILINE))
        found = set(re.findall(r"^\.Cm (\w+)$|^\.Op Cm (\w+)$", synopsis, re.MULTILINE))
        found = {a or b for a, b in found} | {"--check-config"}
        assert "Fl Fl check-config" in synopsis
        equal(sorted(found), sorted(commands), "commands")
        described = set(re.findall(r"^\.It Cm (\w+)$", section(PROGRAM_PAGE, "DESCRIPTION"), re.MULTILINE))
        equal(sorted(described | {"--check-config"}), sorted(found), "described commands")


def check_file_page(report):
    documented = list(items(FILE_PAGE, "OPTIONS", r"Ic (\S+) Li = Ar (\S+)"))
    wanted = [option for option in SETTINGS if option[0] != "config"]
    with report.row("reelgate.conf.5: the options of --help, in its order"):
        equal([head for head, _ in documented], [(name, argument) for name, argument, _, _ in wanted], "options")
    for (name, _, _, default), (_, text) in zip(wanted, documented):
        with report.row(f"reelgate.conf.5: the default of {name}"):
            equal(default_in(text), default or "none", "default")
            assert len(text.partition("Default: ")[0].split()) > 5, "hardly a word on it"


def check_shipped_file(report, folder):
    text = SHIPPED.read_text()
    lines = re.findall(r"((?:^# .*\n)+)^#([a-z-]+) = (.*)$", text, re.MULTILINE)
    wanted = [option for option in SETTINGS if option[0] != "config"]
    with report.row("reelgate.conf: the options of --help, in its order"):
        equal([name for _, name, _ in lines], [name for name, *_ in wanted], "options")
    with report.row("reelgate.conf: nothing but comments"):
        equal([line for line in text.splitlines() if line and not line.startswith("#")], [], "lines")
    shown = describe()
    for (name, _, _, default), (comment, _, value) in zip(wanted, lines):
        with report.row(f"reelgate.conf: the default of {name}"):
            if name in shown:
                assert "No default" not in comment, comment
                equal(value, COMPUTED.get(name, default), "default")
                equal(value, "4" if name == "threads" else shown[name], "what is in force without it")
            elif (default or "").startswith(value):  # one that there is only beside another option
                assert comment.endswith(f"# Default: {default}.\n"), comment
            else:
                assert comment.endswith("No default; for example:\n"), comment
    with report.row("reelgate.conf: every line of it can be used"):
        used = folder / "reelgate.conf"
        used.write_text(re.sub(r"^#(?=[a-z-]+ = )", "", text, flags=re.MULTILINE))
        done = support.reelgate("--check-config", "--config", used)
        assert done.returncode != 2, done.stderr.decode()
        equal(done.stdout.decode().count(f"# {used}:"), len(lines), "lines that were taken from it")


def describe():
    """What is in force when nothing is given."""
    shown = support.reelgate("--check-config").stdout.decode()
    return dict(re.findall(r"^([a-z-]+) = (.*)$", shown, re.MULTILINE))


def check_made(report):
    with report.row("what scripts/generate makes of the tables is what is there"):
        done = subprocess.run([support.ROOT / "scripts/generate", "--check"], capture_output=True, text=True, check=False)
        equal((done.returncode, done.stdout + done.stderr), (0, ""), "exit status, what it says")


def as_read(page):
    """What a reader sees of a page."""
    rendered = subprocess.run(["mandoc", "-Tascii", "-Owidth=200", page], check=True, text=True, stdout=subprocess.PIPE)
    return re.sub(".\b", "", rendered.stdout)


def check_blocks(report):
    blocks = re.findall(r"^\.Ss (conf/\S+)\n.*?^\.Bd -literal\n(.*?)^\.Ed$", section(PROGRAM_PAGE, "EXAMPLES"),
                        re.MULTILINE | re.DOTALL)
    named = re.findall(r"^\.It Pa (conf/\S+)$", section(PROGRAM_PAGE, "EXAMPLES"), re.MULTILINE)
    with report.row("reelgate.8: shows or names each shipped file of a web server"):
        files = sorted(str(path.relative_to(support.ROOT)) for kind in ("lighttpd", "apache", "nginx", "haproxy", "caddy")
                       for path in (support.ROOT / "conf" / kind).iterdir())
        equal(sorted([*named, *(name for name, _ in blocks)]), files, "files")
    for name, text in blocks:
        with report.row(f"reelgate.8: the block of {name} is that file"):
            equal(unescaped(text), (support.ROOT / name).read_text(), "text")
            rendered = as_read(PROGRAM_PAGE)
            lost = [line for line in text.splitlines() if unescaped(line).strip() not in rendered]
            equal(lost, [], "lines that a reader does not see")


def check_diagnostics(report):
    entries = re.findall(r'^\.It "(.*)"$', unescaped(section(PROGRAM_PAGE, "DIAGNOSTICS")), re.MULTILINE)
    messages = support.reelgate("messages").stdout.decode().splitlines()
    for message in messages:
        with report.row(f"DIAGNOSTICS: {message}"):
            equal(entries.count(message), 1, "entries")
    with report.row("DIAGNOSTICS: nothing that the program does not say"):
        equal(sorted(set(entries) - set(messages)), [], "entries")


def check_lists(report):
    """What status can say is in a list below a heading. A word in capitals is any word."""
    described = section(PROGRAM_PAGE, "DESCRIPTION")
    for heading, sources, form in (("Figures", ("src/engine/status_figures.cc", "src/engine/status_report.cc"),
                                   r'^ *(?:Counted|all\.push_back\(|append_line\(text, )?\{?"([a-z][^"]+)", '),):
        listed = re.search(rf"^\.Ss {heading}\n(.*?)(?=^\.Ss |\Z)", described, re.MULTILINE | re.DOTALL).group(1)
        heads = [name for head in re.findall(r"^\.It Li (.*)$", listed, re.MULTILINE) for name in head.split(" , Li ")]
        forms = {head: re.sub(r"\b[A-Z]{4,}\b", r"\\w+", head) for head in heads}
        text = "".join((support.ROOT / source).read_text() for source in sources)
        wanted = re.findall(form, text, re.MULTILINE)
        with report.row(f"reelgate.8: {heading}: each of {', '.join(sources)}, and no other"):
            assert len(wanted) > 10, wanted
            equal([name for name in wanted if not any(re.fullmatch(f, name) for f in forms.values())], [], "missing")
            equal([h for h, f in forms.items() if not any(re.fullmatch(f, name) for name in wanted)], [], "stale")


def check_lint(report):
    for page in PAGES:
        with report.row(f"{page.name}: mandoc finds nothing wrong"):
            done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, check=False)
            equal((done.returncode, done.stdout + done.stderr), (0, ""), "exit status, findings")
        with report.row(f"{page.name}: no word of a heading is taken for a macro"):
            headings = [unescaped(line) for line in re.findall(r"^\.S[hs] (.*)$", page.read_text(), re.MULTILINE)]
            seen = {line.strip() for line in as_read(page).splitlines()}
            equal([heading for heading in headings if heading not in seen], [], "headings that a reader does not see")


def main():
    report = support.Report()
    with support.Folder() as folder:
        check_program_page(report)
        check_file_page(report)
        check_shipped_file(report, folder)
        check_made(report)
        check_blocks(report)
        check_diagnostics(report)
        check_lists(report)
        check_lint(report)
    report.finish()


main()
