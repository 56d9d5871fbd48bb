"""Files of a folder: what is served, and that nothing outside of it is.

Owns a part of the category files. Folders are served by the framework's own means; beside each
lies a file that nobody may get at. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    body,
    either,
    header,
    never_sent,
    no_header,
    not_2xx,
    status,
    well_framed,
)
from ..spec import Route, app
from ..steps import ReadToEnd, Send, get, raw
from ._behind import INTACT, then_next

OCTETS = rfc(
    9110,
    "8.6",
    'The "Content-Length" header field indicates the associated representation\'s data length as a '
    "decimal non-negative integer number of octets.",
)
LENGTH_OF_GET = rfc(
    9110,
    "8.6",
    "a server MUST NOT send Content-Length in such a response unless its field value equals the "
    "decimal number of octets that would have been sent in the content of a response if the same "
    "request had used the GET method",
)
NOT_FOUND = rfc(
    9110,
    "15.5.5",
    "The 404 (Not Found) status code indicates that the origin server did not find a current "
    "representation for the target resource",
)
OUTSIDE = rfc(
    9110,
    "17.3",
    "an origin server needs to avoid accessing names that have a special significance to the "
    "system when mapping the target resource to files, folders, or directories",
)

SECRET = b"outside the folder"
GREETING = "Hello, naïve café: 你好\n"
DIGITS = "0123456789abcdef"
LARGE = DIGITS * 6144

FILES = app(
    Route("next", "GET", "/next"),
    files=[
        ("hello.txt", GREETING),
        ("digits.txt", DIGITS),
        ("large.txt", LARGE),
        ("empty.txt", ""),
        ("page.html", "<p>a page</p>"),
        ("archive.tar.gz", "compressed, for what its name says"),
        ("notes.txt.bz2", "likewise"),
        ("two words 100%.txt", "two words"),
        ("sub/inner.txt", "inner"),
    ],
)


def _outside(name: str, how: str, fault: str, *targets: str, secret: bytes = SECRET) -> Check:
    """None of these targets leads to what lies outside."""
    numbers = [str(number) for number, _ in enumerate(targets, 1)]
    return Check(
        id=f"files/nothing-outside-by-{name}",
        title=f"{how} does not lead out of the folder",
        source=OUTSIDE,
        app=FILES,
        steps=[
            *(
                Send(raw(f"GET {target}", "Connection: close"), on=number)
                for number, target in zip(numbers, targets, strict=True)
            ),
            *(ReadToEnd(on=number) for number in numbers),
            get("/files/hello.txt", name="inside"),
        ],
        expect=[
            *(never_sent(secret, of=number) for number in numbers),
            status(200, of="inside"),
            body(GREETING, of="inside"),
        ],
        faults=[fault],
    )


CHECKS: list[Check] = [
    # -- Whole -----------------------------------------------------------------------------------
    Check(
        id="files/whole",
        title="A file is sent as it is, and its length counts octets",
        source=OCTETS,
        app=FILES,
        steps=then_next(raw("GET /files/hello.txt")),
        expect=[status(200), well_framed(), body(GREETING), INTACT],
        faults=["file-length-counts-characters"],
    ),
    Check(
        id="files/large",
        title="A file larger than one read arrives whole",
        source=OCTETS,
        app=FILES,
        steps=then_next(raw("GET /files/large.txt")),
        expect=[status(200), well_framed(), body(LARGE), INTACT],
        faults=["cuts-large-files"],
    ),
    Check(
        id="files/empty",
        title="An empty file is a 200 without content that says so",
        source=OCTETS,
        app=FILES,
        steps=then_next(raw("GET /files/empty.txt")),
        expect=[status(200), well_framed(), body(b""), INTACT],
        faults=["empty-files-are-missing"],
    ),
    Check(
        id="files/head",
        title="HEAD of a file has no content, and the length of the file if it has one",
        source=LENGTH_OF_GET,
        app=FILES,
        steps=then_next(raw("HEAD /files/hello.txt"), to="HEAD"),
        expect=[
            status(200),
            either(
                header("Content-Length", str(len(GREETING.encode()))), no_header("Content-Length")
            ),
            INTACT,
        ],
        faults=["head-says-empty", "content-for-head"],
    ),
    Check(
        id="files/in-a-subfolder",
        title="A file in a folder of the folder is served",
        source=practice("aiohttp, Sanic and Starlette serve what lies in folders of a folder"),
        app=FILES,
        steps=then_next(raw("GET /files/sub/inner.txt")),
        expect=[status(200), well_framed(), body("inner"), INTACT],
        faults=["no-subfolders"],
    ),
    Check(
        id="files/encoded-name",
        title="The name of a file is percent-decoded once",
        source=rfc(
            3986,
            "2.4",
            "Implementations must not percent-encode or decode the same string more than once",
        ),
        app=FILES,
        steps=then_next(raw("GET /files/two%20words%20100%25.txt")),
        expect=[status(200), well_framed(), body("two words"), INTACT],
        faults=["file-names-stay-encoded"],
    ),
    Check(
        id="files/content-type",
        title="The content type of a file is that of its name",
        level=SHOULD,
        source=rfc(
            9110,
            "8.3",
            "A sender that generates a message containing content SHOULD generate a Content-Type "
            "header field in that message",
        ),
        app=FILES,
        steps=[get("/files/page.html", name="html"), get("/files/hello.txt", name="text")],
        expect=[
            header("Content-Type", matches="(?i)text/html(;.*)?", of="html"),
            header("Content-Type", matches="(?i)text/plain(;.*)?", of="text"),
        ],
        faults=["files-have-no-type"],
    ),
    Check(
        id="files/content-type-of-compressed",
        title="A compressed file does not have the type of its content, unless its coding is said",
        level=SHOULD,
        source=rfc(
            9110,
            "8.3",
            'The "Content-Type" header field indicates the media type of the associated '
            "representation",
        ),
        app=FILES,
        steps=[
            get("/files/archive.tar.gz", name="gzip"),
            get("/files/notes.txt.bz2", name="bzip2"),
        ],
        expect=[
            either(
                header(
                    "Content-Type",
                    matches=rf"(?i)application/(octet-stream|(x-)?{kind})",
                    of=coding,
                ),
                header("Content-Encoding", matches=rf"(?i)(x-)?{coding}", of=coding),
            )
            for coding, kind in (("gzip", "gzip"), ("bzip2", "bzip2?"))
        ],
        faults=["compressed-files-as-their-content"],
    ),
    Check(
        id="files/missing",
        title="A file that is not there is 404",
        source=NOT_FOUND,
        app=FILES,
        steps=then_next(raw("GET /files/nothing.txt")),
        expect=[status(404), well_framed(), INTACT],
        faults=["missing-files-crash"],
    ),
    Check(
        id="files/no-listing",
        title="A folder is not listed by default, nor is one within it",
        source=practice("aiohttp, Sanic and Starlette list folders only where they are told to"),
        app=FILES,
        steps=[get(target, name=target) for target in ("/files", "/files/", "/files/sub/")],
        expect=[
            expectation
            for target in ("/files", "/files/", "/files/sub/")
            for expectation in (
                body(lacks="digits.txt", of=target),
                body(lacks="inner.txt", of=target),
                not_2xx(of=target),
            )
        ],
        faults=["lists-folders"],
    ),
    Check(
        id="files/only-to-be-read",
        title="POST and DELETE of a file do not succeed",
        source=practice("who serves files gives them away to be read"),
        app=FILES,
        steps=[
            *then_next(raw("POST /files/digits.txt", "Content-Length: 2", body=b"hi")),
            Send(raw("DELETE /files/digits.txt", "Connection: close"), on="delete"),
            ReadToEnd(on="delete"),
        ],
        expect=[not_2xx(), INTACT, not_2xx(of="delete")],
        faults=["files-for-any-method"],
    ),
    # -- Outside ---------------------------------------------------------------------------------
    _outside(
        "dots",
        "`..`",
        "path-traversal",
        "/files/../secret.txt",
        "/files/sub/../../secret.txt",
        "/files/./../secret.txt",
    ),
    _outside(
        "encoded-dots",
        "`..` in percent-encoding",
        "path-traversal",
        "/files/%2e%2e/secret.txt",
        "/files/%2E./secret.txt",
        "/files/sub/%2e%2e/%2e%2e/secret.txt",
    ),
    _outside(
        "encoded-slash",
        "An encoded slash behind `..`",
        "path-traversal",
        "/files/..%2fsecret.txt",
        "/files/%2e%2e%2Fsecret.txt",
        "/files/%2f..%2fsecret.txt",
        "/files/sub%2f..%2f..%2fsecret.txt",
    ),
    _outside(
        "backslash",
        "A backslash in place of a slash",
        "backslash-separates",
        "/files/..\\secret.txt",
        "/files/..%5csecret.txt",
        "/files/sub\\..\\..\\secret.txt",
    ),
    _outside(
        "decoding-twice",
        "`..` encoded twice",
        "file-names-decoded-twice",
        "/files/%252e%252e/secret.txt",
        "/files/..%252fsecret.txt",
    ),
    _outside(
        "overlong-dots",
        "A dot in overlong UTF-8",
        "overlong-octets-are-dots",
        "/files/%c0%ae%c0%ae/secret.txt",
        "/files/..%c0%afsecret.txt",
    ),
    _outside(
        "dots-within-dots",
        "`....//`, of which half may be removed,",
        "removes-dots-once",
        "/files/....//secret.txt",
        "/files/..././secret.txt",
        "/files/%2e%2e.%2f./secret.txt",
    ),
    _outside(
        "several-slashes",
        "`..` behind several slashes",
        "path-traversal",
        "/files//../secret.txt",
        "/files/sub//..//..//secret.txt",
    ),
    _outside(
        "nul",
        "`..` with a NUL behind the name",
        "file-names-end-at-nul",
        "/files/../secret.txt%00.png",
        "/files/%2e%2e/secret.txt%00",
    ),
    _outside(
        "absolute-path",
        "A path from the root",
        "absolute-file-names",
        "/files//etc/passwd",
        "/files/%2fetc%2fpasswd",
        "/files/%2Fetc/passwd",
        secret=b"root:",
    ),
    # -- Odd names -------------------------------------------------------------------------------
    *(
        Check(
            id=f"files/{name}",
            title=f"{words} is no file, and no failure of the server's",
            source=practice("a name that no file can have is one that is not found, or malformed"),
            app=FILES,
            steps=then_next(raw(f"GET /files/{path}")),
            expect=[status(400, 403, 404, 414), never_sent(GREETING.encode()), INTACT],
            faults=[fault],
        )
        for name, words, path, fault in (
            (
                "nul-in-name",
                "A name with NUL behind that of a file",
                "hello.txt%00.png",
                "file-names-end-at-nul",
            ),
            (
                "invalid-utf-8-in-name",
                "A name that is not UTF-8",
                "%ff%fe.txt",
                "odd-file-names-crash",
            ),
            (
                "long-name",
                "A name longer than any file may have",
                "x" * 300 + ".txt",
                "odd-file-names-crash",
            ),
            ("folder-is-no-file", "A folder", "sub/", "odd-file-names-crash"),
            (
                "file-is-no-folder",
                "What lies below a file",
                "hello.txt/more",
                "odd-file-names-crash",
            ),
        )
    ),
    Check(
        id="files/folder-without-slash",
        title="A folder without its slash is no file, and no failure of the server's",
        source=NOT_FOUND,
        app=FILES,
        steps=then_next(raw("GET /files/sub")),
        expect=[status(301, 302, 307, 308, 403, 404), well_framed(), INTACT],
        faults=["odd-file-names-crash"],
    ),
]
