//! `X-PrettyPrint: 1`: JSON laid out as Jackson's default pretty printer does.

/// Lays out compact or spaced JSON text; what is between the structure
/// characters (numbers above all) is kept as it is.
pub(crate) fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    // One entry for each open bracket: whether it is an object, and whether it is still empty.
    let mut open: Vec<(bool, bool)> = Vec::new();
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\n' | '\r' | '\t' => {}
            '{' | '[' => {
                before_value(&mut out, &mut open);
                out.push(c);
                open.push((c == '{', true));
            }
            '}' => {
                let empty = open.pop().is_none_or(|(_, empty)| empty);
                if empty {
                    out.push(' ');
                } else {
                    new_line(&mut out, &open);
                }
                out.push('}');
            }
            ']' => {
                open.pop();
                out.push_str(" ]");
            }
            ',' => match open.last() {
                Some((true, _)) => {
                    out.push(',');
                    new_line(&mut out, &open);
                }
                _ => out.push_str(", "),
            },
            ':' => out.push_str(" : "),
            '"' => {
                before_value(&mut out, &mut open);
                out.push('"');
                while let Some(c) = chars.next() {
                    out.push(c);
                    match c {
                        '\\' => out.extend(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            _ => {
                before_value(&mut out, &mut open);
                out.push(c);
            }
        }
    }
    out
}

/// The first thing inside a bracket needs the space or line break before it.
fn before_value(out: &mut String, open: &mut [(bool, bool)]) {
    let Some((object, empty)) = open.last_mut().filter(|(_, empty)| *empty) else { return };
    *empty = false;
    if *object {
        new_line(out, open);
    } else {
        out.push(' ');
    }
}

/// Only objects indent: an array's items continue on its line.
fn new_line(out: &mut String, open: &[(bool, bool)]) {
    out.push('\n');
    for _ in open.iter().filter(|(object, _)| *object) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out_like_jackson() {
        let json = r#"{"a":1.2345678E7,"b":[{"c":"x:{,\"}"},{"d":[]}],"e":{},"f":[1,2],"g":null}"#;
        insta::assert_snapshot!(pretty(json), @r#"
        {
          "a" : 1.2345678E7,
          "b" : [ {
            "c" : "x:{,\"}"
          }, {
            "d" : [ ]
          } ],
          "e" : { },
          "f" : [ 1, 2 ],
          "g" : null
        }
        "#);
    }
}
