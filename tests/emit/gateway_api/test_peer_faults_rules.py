"""Known faults of kubernetes-sigs/ingress2gateway in matches and rules, which kong2x does not have.

Each test names the file where the fault can be read (release 1.1.0 and its main branch of 2026-06; `kong/`
is pkg/i2gw/providers/kong, `common/` pkg/i2gw/providers/common) and shows kong2x on manifests that trigger it.
"""

from __future__ import annotations

from .manifests import codes, converted, ingress, named, plugin, service, table

WEB, API = service("web"), service("api")
HEADER, METHODS, PLUGINS = "konghq.com/headers.", "konghq.com/methods", "konghq.com/plugins"
MARK = plugin("mark", "request-transformer", "{append: {headers: ['x-mark:1']}}")
HOST = "shop.example.com"


def test_fault_01_values_of_two_headers_are_multiplied() -> None:
    """kong/header_matching.go moves through both lists in step: two pairs of four, each twice."""
    both = {f"{HEADER}x-ring": "inner,outer", f"{HEADER}x-region": "eu,us"}
    assert table(converted(ingress("web", "Prefix /beta web", annotations=both), WEB)) == [
        (
            "web",
            HOST,
            "PathPrefix /beta x-region=eu x-ring=inner | PathPrefix /beta x-region=eu x-ring=outer"
            " | PathPrefix /beta x-region=us x-ring=inner | PathPrefix /beta x-region=us x-ring=outer",
            "",
            "web:80",
        )
    ]


def test_fault_02_a_second_ingress_of_the_host_leaves_header_matches_alone() -> None:
    """kong/header_matching.go writes the headers of each Ingress, none included, into all rules of the host."""
    given = [
        ingress("beta", "Prefix / web", annotations={f"{HEADER}x-ring": "inner"}),
        ingress("plain", "Prefix /plain api"),
    ]
    expected = [
        ("beta", HOST, "PathPrefix / x-ring=inner", "", "web:80"),
        ("beta", HOST, "PathPrefix /plain x-ring=inner", "", "web:80"),
        ("plain", HOST, "PathPrefix /plain", "", "api:80"),
    ]
    assert table(converted(*given, WEB, API)) == expected
    assert table(converted(*given[::-1], WEB, API)) == expected


def test_fault_03_headers_of_one_ingress_are_no_condition_of_another() -> None:
    """The same loop: with the Ingresses in the other order the open route asks for the header."""
    given = [
        ingress("open", "Prefix /open api"),
        ingress("ring", "Prefix /ring web", annotations={f"{HEADER}x-ring": "inner"}),
    ]
    assert table(converted(*given, WEB, API)) == [
        ("open", HOST, "PathPrefix /open", "", "api:80"),
        ("ring", HOST, "PathPrefix /ring x-ring=inner", "", "web:80"),
    ]


def test_fault_04_methods_of_one_ingress_stay_with_it() -> None:
    """kong/method_matching.go writes the methods into every rule of the host; the last Ingress wins."""
    given = [
        ingress("read", "Prefix /read web", annotations={METHODS: "GET"}),
        ingress("write", "Prefix /write api", annotations={METHODS: "POST,PUT"}),
    ]
    assert table(converted(*given, WEB, API)) == [
        ("read", HOST, "PathPrefix /read GET", "", "web:80"),
        ("write", HOST, "PathPrefix /write POST | PathPrefix /write PUT", "", "api:80"),
    ]


def test_fault_05_a_blank_after_a_comma_does_not_stop_the_run() -> None:
    """kong/method_matching.go compares the method with its blank, and an error ends the whole conversion."""
    given = ingress("web", "Prefix / web", annotations={METHODS: "GET, POST"})
    assert table(converted(given, WEB)) == [
        ("web", HOST, "PathPrefix / GET | PathPrefix / POST", "", "web:80"),
    ]


def test_fault_06_methods_in_small_letters_are_methods() -> None:
    """kong/method_matching.go refuses them, where KIC writes them in capitals."""
    given = ingress("web", "Prefix / web", annotations={METHODS: "get,Post"})
    assert table(converted(given, WEB)) == [
        ("web", HOST, "PathPrefix / GET | PathPrefix / POST", "", "web:80"),
    ]


def test_fault_07_blanks_are_no_part_of_header_values_and_plugin_names() -> None:
    """kong/header_matching.go and kong/plugins.go split at the comma and keep the blank."""
    given = ingress("web", "Prefix / web", annotations={f"{HEADER}x-ring": "a, b", PLUGINS: "mark, seal"})
    seal = plugin("seal", "response-transformer", "{append: {headers: ['x-seal:1']}}")
    result = converted(given, WEB, MARK, seal)
    assert table(result) == [
        (
            "web",
            HOST,
            "PathPrefix / x-ring=a | PathPrefix / x-ring=b",
            "RequestHeaderModifier ResponseHeaderModifier",
            "web:80",
        )
    ]


def test_fault_08_a_header_pattern_is_a_pattern() -> None:
    """kong/header_matching.go writes the text with its mark as an exact value, which never matches."""
    given = ingress("web", "Prefix / web", annotations={f"{HEADER}x-ring": "~*^v[12]$"})
    assert table(converted(given, WEB)) == [
        ("web", HOST, "PathPrefix / x-ring~(?i)^.*(^v[12]$).*$", "", "web:80"),
    ]


def test_fault_09_the_separator_of_header_values_is_no_header() -> None:
    """kong/header_matching.go takes every annotation that begins with `headers` for a header."""
    notes = {f"{HEADER}x-ring": "a;b", "konghq.com/headers-separator": ";"}
    assert table(converted(ingress("web", "Prefix / web", annotations=notes), WEB)) == [
        ("web", HOST, "PathPrefix / x-ring=a | PathPrefix / x-ring=b", "", "web:80"),
    ]


def test_fault_10_a_plugin_of_one_ingress_acts_on_its_rules_alone() -> None:
    """kong/plugins.go appends the filters of each Ingress to every rule of the host."""
    given = [
        ingress("marked", "Prefix /marked web", annotations={PLUGINS: "mark"}),
        ingress("plain", "Prefix /plain api"),
    ]
    assert table(converted(*given, WEB, API, MARK)) == [
        ("marked", HOST, "PathPrefix /marked", "RequestHeaderModifier", "web:80"),
        ("plain", HOST, "PathPrefix /plain", "", "api:80"),
    ]


def test_fault_11_a_cluster_plugin_is_not_looked_for_in_the_namespace() -> None:
    """kong/plugins.go writes every name as a KongPlugin beside the route."""
    everywhere = (
        "apiVersion: configuration.konghq.com/v1\nkind: KongClusterPlugin\n"
        "metadata: {name: mark, annotations: {kubernetes.io/ingress.class: kong}}\n"
        "plugin: request-transformer\nconfig: {append: {headers: ['x-mark:1']}}\n"
    )
    given = ingress("web", "Prefix / web", annotations={PLUGINS: "mark"})
    result = converted(given, WEB, everywhere)
    (rule,) = named(result, "HTTPRoute")["web"]["rules"]
    header = {"add": [{"name": "x-mark", "value": "1"}]}
    assert rule["filters"] == [{"type": "RequestHeaderModifier", "requestHeaderModifier": header}]
    assert {obj["kind"] for obj in result.objects} == {"HTTPRoute"}


def test_fault_12_an_empty_path_is_the_root() -> None:
    """common/converter.go copies the empty text, which the API server refuses for a prefix."""
    given = ingress("web", "Prefix / web").replace('path: "/"', 'path: ""')
    assert table(converted(given, WEB)) == [("web", HOST, "PathPrefix /", "", "web:80")]


def test_fault_13_a_path_without_a_type_does_not_stop_the_run() -> None:
    """common/converter.go makes it an error; one such Ingress leaves nothing of all others."""
    given = [
        ingress("old", "Prefix /old web").replace("pathType: Prefix", ""),
        ingress("new", "Exact /new api"),
    ]
    assert table(converted(*given, WEB, API)) == [
        ("new", HOST, "Exact /new", "", "api:80"),
        ("old", HOST, "PathPrefix /old", "", "web:80"),
    ]


def test_fault_14_a_pattern_stays_open_at_its_end() -> None:
    """kong/implementation_specific.go takes the mark off and no more; Envoy then matches in full."""
    given = ingress("web", "ImplementationSpecific /~/v[0-9]+ web")
    result = converted(given, WEB)
    assert table(result) == [("web", HOST, "RegularExpression ^/v[0-9]+.*$", "", "web:80")]
    assert "gateway-api/regular-expression" in codes(result)


def test_fault_15_the_mark_of_a_pattern_under_prefix_means_what_kic_makes_of_it() -> None:
    """common/converter.go looks for it under ImplementationSpecific only and writes `/~` as text."""
    assert table(converted(ingress("web", "Prefix /~/v[0-9]+ web"), WEB)) == [
        (
            "web",
            HOST,
            "RegularExpression ^/v[0-9]+/.*$ | RegularExpression ^/~/v[0-9]+$",
            "",
            "web:80",
        )
    ]


def test_fault_16_a_path_that_becomes_narrower_is_told() -> None:
    """kong/implementation_specific.go makes Kong's text prefix a prefix of segments without a word."""
    result = converted(ingress("web", "ImplementationSpecific /foo web"), WEB)
    assert table(result) == [("web", HOST, "PathPrefix /foo", "", "web:80")]
    assert "gateway-api/raw-prefix" in codes(result)
    exact = converted(ingress("web", "ImplementationSpecific /foo web"), WEB, raw_prefix="regex")
    assert table(exact) == [
        ("web", HOST, "PathPrefix /foo | RegularExpression ^/foo[^/].*$", "", "web:80"),
    ]


def test_fault_17_one_path_of_two_ingresses_does_not_share_its_traffic() -> None:
    """common/utils.go groups them by path, and the rule gets both backends with the same weight."""
    result = converted(ingress("one", "Prefix /x web"), ingress("two", "Prefix /x api"), WEB, API)
    assert table(result) == [
        ("one", HOST, "PathPrefix /x", "", "web:80"),
        ("two", HOST, "PathPrefix /x", "", "api:80"),
    ]
    assert "gateway-api/same-match" in codes(result)


def test_fault_18_a_host_without_paths_takes_no_requests() -> None:
    """common/utils.go skips the paths and the route stays: no rules, so the root of that host without backend."""
    bare = ingress("bare").replace("kong\n", "kong\n  rules:\n  - host: bare.example.com\n")
    result = converted(bare, ingress("rest", "Prefix / web", host=""), WEB)
    assert table(result) == [("rest", "any", "PathPrefix /", "", "web:80")]
    assert "ingress/rule-without-paths" in codes(result)
