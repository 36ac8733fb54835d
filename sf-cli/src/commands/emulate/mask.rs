//! Made-up texts in place of real ones.
//!
//! There is no telling which field holds a person's data, so every text goes, and
//! what stays is named: picklist values, numbers, dates, ids, auto-numbers, and the
//! names that the org's setup has. A word becomes a word of its length and capitals,
//! the same one wherever it stands, so that searching and grouping still work. The
//! key lives as long as the process: nobody can find a word again by trying.

use std::hash::{BuildHasher as _, RandomState};

use serde_json::Value;

use super::source::{Object, Row, flag, text};

/// Objects of the org's setup: their names are no person's.
const SETUP: [&str; 6] =
    ["Group", "PermissionSet", "PermissionSetAssignment", "Profile", "RecordType", "UserRole"];

/// Types whose values say nothing of a person by themselves, or must be one of a few.
const KEPT: [&str; 13] = [
    "id",
    "reference",
    "picklist",
    "multipicklist",
    "boolean",
    "int",
    "long",
    "double",
    "currency",
    "percent",
    "date",
    "datetime",
    "time",
];

pub(super) struct Mask(RandomState);

impl Mask {
    pub(super) fn new() -> Self {
        Self(RandomState::new())
    }

    /// Replaces the texts of a row.
    pub(super) fn row(&self, object: &Object, row: &mut Row) {
        if SETUP.contains(&object.name.as_str()) {
            return;
        }
        for field in object.fields() {
            if KEPT.contains(&text(field, "type")) || flag(field, "autoNumber") {
                continue;
            }
            if let Some(Value::String(value)) = row.get_mut(text(field, "name")) {
                *value = self.text(field, value);
            }
        }
    }

    fn text(&self, field: &Value, value: &str) -> String {
        let length = field.get("length").and_then(Value::as_u64).filter(|length| *length > 0);
        let length = usize::try_from(length.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let whole = ["unique", "externalId", "idLookup"].iter().any(|key| flag(field, key));
        let masked = match text(field, "type") {
            "email" => self.email(value, length),
            "url" => self.url(value),
            "phone" => self.shaped(value, Some(value)),
            // What tells records apart must go on doing so, whatever its words are.
            _ if whole => self.shaped(value, Some(value)),
            _ => self.shaped(value, None),
        };
        masked.chars().take(length).collect()
    }

    /// At a domain that nobody has (RFC 2606).
    fn email(&self, value: &str, length: usize) -> String {
        let Some((local, domain)) = value.split_once('@') else { return self.shaped(value, None) };
        let host = domain.split('.').next().unwrap_or_default();
        let domain = format!("@{}.invalid", self.shaped(host, None));
        let room = length.saturating_sub(domain.len());
        let local: String = self.shaped(local, Some(value)).chars().take(room).collect();
        format!("{local}{domain}")
    }

    fn url(&self, value: &str) -> String {
        let (scheme, rest) = match value.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None => (String::new(), value),
        };
        let (host, path) = rest.split_once('/').map_or((rest, None), |(h, p)| (h, Some(p)));
        let host = host.strip_prefix("www.").unwrap_or(host).split('.').next().unwrap_or_default();
        let path = path.map_or(String::new(), |path| format!("/{}", self.shaped(path, None)));
        format!("{scheme}{}.invalid{path}", self.shaped(host, None))
    }

    /// Every run of letters or digits becomes another one, the rest stays. With
    /// `seed` a run depends on that as well.
    fn shaped(&self, value: &str, seed: Option<&str>) -> String {
        let mut out = String::with_capacity(value.len());
        let mut rest = value;
        while let Some(first) = rest.chars().next() {
            let same = |char: char| {
                (char.is_alphabetic() && first.is_alphabetic())
                    || (char.is_numeric() && first.is_numeric())
            };
            if !first.is_alphanumeric() {
                out.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            let end = rest.find(|char| !same(char)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            self.run(run, seed, &mut out);
            rest = after;
        }
        out
    }

    fn run(&self, run: &str, seed: Option<&str>, out: &mut String) {
        const LETTERS: [&[u8]; 2] = [b"bcdfghjklmnprstvz", b"aeiou"];
        let folded = run.to_lowercase();
        let start = usize::from(self.0.hash_one((&folded, seed)).is_multiple_of(2));
        for (at, char) in run.chars().enumerate() {
            let draw = self.0.hash_one((&folded, seed, at));
            if char.is_numeric() {
                out.push(char::from(b'0' + u8::try_from(draw % 10).unwrap_or(0)));
                continue;
            }
            let letters = LETTERS[(start + at) % 2];
            let letter = letters[usize::try_from(draw % letters.len() as u64).unwrap_or(0)];
            let letter = char::from(letter);
            out.push(if char.is_uppercase() { letter.to_ascii_uppercase() } else { letter });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape(text: &str) -> String {
        let kind = |char: char| match char {
            _ if char.is_uppercase() => 'A',
            _ if char.is_alphabetic() => 'a',
            _ if char.is_numeric() => '9',
            other => other,
        };
        text.chars().map(kind).collect()
    }

    #[test]
    fn texts_keep_their_shape_and_equal_ones_stay_equal() {
        let mask = Mask::new();
        for text in ["Ada Byron", "O'Hara, Łukasz", "+1 (555) 010-99", "東京 7-2", "ACME"] {
            let masked = mask.shaped(text, None);
            assert_ne!(masked, text);
            assert_eq!(masked, mask.shaped(text, None));
            if text.is_ascii() {
                assert_eq!(shape(&masked), shape(text));
            }
        }
        let (name, note) = (mask.shaped("Byron", None), mask.shaped("call BYRON again", None));
        assert!(note.to_lowercase().contains(&name.to_lowercase()), "{note} {name}");
        assert_ne!(Mask::new().shaped("Ada Byron", None), mask.shaped("Ada Byron", None));
    }

    #[test]
    fn what_a_field_is_decides() {
        let mask = Mask::new();
        let field = |ty: &str| json!({"type": ty, "length": 40, "name": "F"});
        let mail = mask.text(&field("email"), "ada.byron@analytical-engines.example.com");
        assert!(
            mail.ends_with(".invalid") && mail.contains('@') && mail.chars().count() <= 40,
            "{mail}"
        );
        let url = mask.text(&field("url"), "https://www.acme.com/about");
        assert!(url.starts_with("https://") && url.contains(".invalid/"), "{url}");
        let fields = json!([
            {"name": "Name", "type": "string", "length": 80}, {"name": "Stage", "type": "picklist"},
            {"name": "Number", "type": "string", "autoNumber": true}, {"name": "Amount", "type": "currency"},
            {"name": "Notes", "type": "textarea", "length": 5},
        ]);
        let row = json!({"Name": "Ada", "Stage": "Won", "Number": "N-1", "Amount": 5, "Notes": "Byron", "Gone": null});
        let Value::Object(mut masked) = row.clone() else { panic!("an object") };
        mask.row(
            &Object { name: "X".to_owned(), describe: json!({"fields": fields}) },
            &mut masked,
        );
        for (key, kept) in
            [("Name", false), ("Stage", true), ("Number", true), ("Amount", true), ("Notes", false)]
        {
            assert_eq!(masked[key] == row[key], kept, "{key}");
        }
        let Value::Object(mut setup) = row.clone() else { panic!("an object") };
        mask.row(
            &Object { name: "Profile".to_owned(), describe: json!({"fields": fields}) },
            &mut setup,
        );
        assert_eq!(Value::Object(setup), row);
    }
}
