//! The escape functions.

use sf_soql::escape;

#[test]
fn text_becomes_the_body_of_a_string() {
    let cases = [
        ("plain", "plain"),
        ("O'Brien", r"O\'Brien"),
        (r"\", r"\\"),
        (r"\'", r"\\\'"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\u{8}\u{c}\0\u{7f}", r"\b\f\u0000\u007f"),
        ("100% of_it", "100% of_it"),
        ("Zürich 東京 😀", "Zürich 東京 😀"),
    ];
    for (text, body) in cases {
        assert_eq!(escape::string(text), body);
    }
}

#[test]
fn text_becomes_a_pattern_that_matches_it_alone() {
    let cases = [
        ("plain", "plain"),
        ("100%", r"100\%"),
        ("a_b", r"a\_b"),
        (r"a\b", r"a\\b"),
        (r"\%", r"\\\%"),
        ("O'Brien", r"O\'Brien"),
        ("\n", r"\n"),
    ];
    for (text, body) in cases {
        assert_eq!(escape::like(text), body);
    }
}

#[test]
fn text_becomes_words_or_a_phrase_of_a_search() {
    let cases = [
        ("acme", "acme", r#""acme""#),
        ("O'Brien", r"O\'Brien", r#""O\'Brien""#),
        ("  acme \t corp\n", "(acme corp)", "\"  acme \t corp\n\""),
        ("this AND that", r#"(this "AND" that)"#, r#""this AND that""#),
        ("not", r#""not""#, r#""not""#),
        ("} RETURNING User", r"(\} RETURNING User)", r#""\} RETURNING User""#),
        (r#"a" OR "b"#, r#"(a\" "OR" \"b)"#, r#""a\" OR \"b""#),
        ("a*b?", r"a\*b\?", r#""a\*b\?""#),
        (r"\", r"\\", r#""\\""#),
        ("", "", ""),
        (" \n", "", ""),
    ];
    for (text, words, phrase) in cases {
        assert_eq!(escape::sosl_term(text), words);
        assert_eq!(escape::sosl_phrase(text), phrase);
    }
    let reserved = r#"?&|!{}[]()^~*:\"'+-"#;
    for character in reserved.chars() {
        assert_eq!(escape::sosl_term(&character.to_string()), format!("\\{character}"));
    }
}

#[test]
fn what_is_no_literal_or_name_is_refused() {
    assert_eq!(escape::date("2024-02-29"), Ok("2024-02-29"));
    assert_eq!(escape::date_time("2024-02-29T00:00:00Z"), Ok("2024-02-29T00:00:00Z"));
    assert_eq!(escape::number("-1.5e3"), Ok("-1.5e3"));
    assert_eq!(escape::path("Account.Owner.Name"), Ok("Account.Owner.Name"));
    for bad in ["", "2023-02-29", "2024-02-29 OR Id != NULL", "2024-02-2９", "TODAY"] {
        assert!(escape::date(bad).is_err(), "{bad}");
    }
    for bad in [
        "",
        "2024-02-29",
        "2024-02-29T00:00:00",
        "2024-02-29T00:00:00Z OR Id != NULL",
        "２024-02-29T00:00:00Z",
    ] {
        assert!(escape::date_time(bad).is_err(), "{bad}");
    }
    for bad in ["", "1 OR 1", "1,2", "--1", "1e", ".", "0x10", "NaN", "1)"] {
        assert!(escape::number(bad).is_err(), "{bad}");
    }
    for bad in ["", ".", "a.", ".a", "a..b", "a b", "1a", "a-b", "Id FROM User", "é"] {
        assert!(escape::path(bad).is_err(), "{bad}");
    }
}

#[test]
fn errors_say_what_is_allowed() {
    insta::assert_snapshot!(
        escape::date("31.12.2024").unwrap_err(),
        @"`31.12.2024` is not a date; written as YYYY-MM-DD"
    );
    insta::assert_snapshot!(
        escape::path("Id; DROP").unwrap_err(),
        @"`Id; DROP` is not a name: a name starts with a letter and holds letters, digits and underscores"
    );
}
