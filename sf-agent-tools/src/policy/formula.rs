//! Which fields the text of a formula names.

/// The names in a formula, as paths: `Amount__c`, `Account.Owner.Name`. Texts in quotes and comments
/// are passed over; names of functions are among the results.
pub(crate) fn names(formula: &str) -> Vec<Vec<&str>> {
    let bytes = formula.as_bytes();
    let (mut found, mut path, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => at = end_of_text(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = formula[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 2);
            }
            b if b.is_ascii_alphabetic() || matches!(b, b'_' | b'$') => {
                let start = at;
                while bytes
                    .get(at)
                    .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
                {
                    at += 1;
                }
                path.push(&formula[start..at]);
                // `Owner:User.Name` names the type of a polymorphic parent.
                let joins = bytes.get(at).is_some_and(|b| matches!(b, b'.' | b':'))
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
                if joins {
                    at += 1;
                } else {
                    found.push(std::mem::take(&mut path));
                }
            }
            b if b.is_ascii_digit() => {
                while bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.') {
                    at += 1;
                }
            }
            _ => at += 1,
        }
    }
    found
}

fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'\\' {
            at += 1;
        } else if bytes.get(start) == Some(byte) {
            return at + 1;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_comments_are_no_names() {
        let formula = r#"IF(Amount__c > 1.5e3 /* Salary__c */, "Bonus__c \" x" & Account.Owner.Name, Owner:User.Email)"#;
        let paths: Vec<String> = names(formula).iter().map(|path| path.join(".")).collect();
        assert_eq!(paths, ["IF", "Amount__c", "Account.Owner.Name", "Owner.User.Email"]);
        for odd in ["", "\"open", "/* open", "é + Ä", "a.", "1.", "'it\\"] {
            names(odd);
        }
        assert_eq!(names("a.b."), [["a", "b"]]);
    }
}
