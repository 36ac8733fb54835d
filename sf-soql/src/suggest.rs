//! What to write instead: guesses from the token that did not fit.

use crate::ast::{Function, Span};

/// The word of `words` that `found` is most likely a slip of.
pub(crate) fn closest<'w>(
    found: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    // Longer text is no slip of a keyword, and the distance is quadratic.
    if found.len() < 2 || found.len() > 30 {
        return None;
    }
    let found = found.to_ascii_uppercase();
    let allowed = match found.len() {
        ..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    words
        .into_iter()
        .map(|word| (strsim::osa_distance(&found, &word.to_ascii_uppercase()), word))
        .filter(|(distance, word)| *distance <= allowed && *distance < word.len().min(found.len()))
        // Of two equally near words, people mistype the one with their first letter.
        .min_by_key(|(distance, word)| (*distance, !word.get(..1).is_some_and(|first| found.starts_with(first))))
        .map(|(_, word)| word)
}

/// A habit of SQL or of another language, recognised by the token at `span`
/// that did not fit, wherever it stands.
pub(crate) fn habit(source: &str, span: Span) -> Option<&'static str> {
    let rest = source.get(span.start()..)?;
    let before = source[..span.start()].trim_end();
    let word = source.get(span.range()).unwrap_or("");
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| rest.starts_with(prefix));
    if starts(&["--", "/*", "//", "#"]) {
        return Some("SOQL has no comments, leave them out");
    }
    if starts(&["*"]) {
        return Some(if before.ends_with('(') {
            "count rows with COUNT()"
        } else if before.len() >= 6 && ends_with_word(before, "SELECT") || before.ends_with(',') {
            "SOQL has no `*`, name the fields, or write FIELDS(STANDARD), or FIELDS(ALL) with LIMIT 200"
        } else {
            ARITHMETIC
        });
    }
    if starts(&["\"", "\u{201c}", "\u{201d}", "\u{2018}", "\u{2019}", "`"]) {
        return Some("text stands in plain single quotes: '…'");
    }
    if starts(&["="]) && before.ends_with(['=', '!']) {
        return Some("equality is a single `=`");
    }
    if starts(&["&&"]) {
        return Some("write AND");
    }
    if starts(&["||"]) {
        return Some("write OR");
    }
    if starts(&["!"]) {
        return Some("write NOT");
    }
    if starts(&["\u{a0}", "\u{feff}", "\u{200b}", "\u{202f}"]) {
        return Some("an invisible character stands here, write a plain space");
    }
    if rest.starts_with(|first: char| first.is_alphabetic() && !first.is_ascii()) {
        return Some("names hold ASCII letters, digits and underscores alone");
    }
    if starts(&[";"]) {
        return Some("leave out the `;`");
    }
    if starts(&["+", "-", "/", "%"]) {
        return Some(ARITHMETIC);
    }
    if before.ends_with(',')
        && ["FROM", "WHERE", "GROUP", "ORDER", "LIMIT", ")"]
            .iter()
            .any(|next| word.eq_ignore_ascii_case(next))
    {
        return Some("remove the comma before it");
    }
    // `'O'Brien'`: a string directly followed by a word.
    if before.len() == span.start() && before.ends_with('\'') && starts_with_letter(word) {
        return Some("a quote inside text is written \\', and each text needs both its quotes");
    }
    if starts_with_digit(word) && ends_with_word(before, "TOP") {
        return Some("write LIMIT n at the end");
    }
    if ends_with_word(before, "COUNT(DISTINCT") {
        return Some("write COUNT_DISTINCT(field)");
    }
    HABITS.iter().find(|(habit, _)| habit.eq_ignore_ascii_case(word)).map(|(_, advice)| *advice)
}

const ARITHMETIC: &str = "SOQL has no arithmetic, compute the value first";

const HABITS: [(&str, &str); 11] = [
    ("AS", "an alias follows directly, without AS"),
    ("BETWEEN", "write field >= low AND field <= high"),
    ("DISTINCT", "SOQL has no DISTINCT, use GROUP BY or COUNT_DISTINCT()"),
    ("EXISTS", "write Id IN (SELECT …)"),
    ("ILIKE", "write LIKE, it ignores case"),
    ("INNER", JOIN),
    ("IS", "write field = NULL or field != NULL"),
    ("JOIN", JOIN),
    ("LEFT", JOIN),
    ("RIGHT", JOIN),
    ("UNION", "SOQL has no UNION, send two queries"),
];

const JOIN: &str = "SOQL has no JOIN, follow a relationship (Account.Name) or select children (SELECT Id FROM Contacts)";

/// A function that `name` may be a slip or the SQL equivalent of.
pub(crate) fn function(name: &str) -> Option<String> {
    let advice = match name.to_ascii_uppercase().as_str() {
        "YEAR" => "write CALENDAR_YEAR",
        "MONTH" => "write CALENDAR_MONTH",
        "QUARTER" => "write CALENDAR_QUARTER",
        "DAY" => "write DAY_IN_MONTH",
        "DATE" => "write DAY_ONLY",
        "HOUR" => "write HOUR_IN_DAY",
        "WEEK" => "write WEEK_IN_YEAR",
        "NOW" | "GETDATE" | "CURRENT_DATE" => "write a date literal such as TODAY",
        "LOWER" | "UPPER" => "comparisons ignore case, leave it out",
        "COALESCE" | "ISNULL" | "IFNULL" | "NVL" | "CONCAT" | "SUBSTRING" | "ROUND" | "CAST" => {
            "SOQL computes no values, select the field and compute from the answer"
        }
        _ => {
            let names = Function::ALL.into_iter().map(Function::name).chain(["FIELDS"]);
            return closest(name, names).map(|close| format!("did you mean {close}?"));
        }
    };
    Some(advice.to_owned())
}

fn starts_with_letter(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.len()
        .checked_sub(word.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(word))
}
