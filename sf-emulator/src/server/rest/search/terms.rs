//! A search expression as the engine takes it.

use sf_soql::ast::{Expression, Piece, SearchGroup, Term};

use crate::engine::{Search, SearchFields, Terms};

/// With `any`, what must all be found is enough to be found once.
pub(super) fn search(expression: &Expression, any: bool, group: SearchGroup) -> Search {
    let fields = match group {
        // The sidebar's fields are not documented one by one.
        SearchGroup::All | SearchGroup::Sidebar => SearchFields::All,
        SearchGroup::Name => SearchFields::Name,
        SearchGroup::Email => SearchFields::Email,
        SearchGroup::Phone => SearchFields::Phone,
    };
    Search { terms: terms(expression, any), fields }
}

fn terms(expression: &Expression, any: bool) -> Terms {
    let each = |parts: &[Expression]| parts.iter().map(|part| terms(part, any)).collect();
    match expression {
        Expression::Term(term) => Terms::Phrase(phrase(term)),
        Expression::Words(parts) | Expression::And(parts) if !any => Terms::And(each(parts)),
        Expression::Words(parts) | Expression::And(parts) | Expression::Or(parts) => {
            Terms::Or(each(parts))
        }
        Expression::AndNot { found, missing } => {
            Terms::And(vec![terms(found, any), Terms::Not(Box::new(terms(missing, any)))])
        }
    }
}

/// The text with its wildcards. One that stands for itself separates words, as
/// all punctuation does.
fn phrase(term: &Term) -> String {
    let mut text = String::new();
    for piece in term.pieces() {
        match piece {
            Piece::Text(plain) => text.push_str(&plain.replace(['*', '?'], " ")),
            Piece::One => text.push('?'),
            Piece::Many => text.push('*'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_keep_their_meaning() {
        let sosl = r#"FIND {acme corp* OR "new business" AND NOT a\*b}"#;
        let parsed = sf_soql::parse_search(sosl).unwrap();
        let expression = parsed.find.expression().unwrap();
        let shown = |any| format!("{:?}", search(expression, any, SearchGroup::Name).terms);
        insta::assert_snapshot!(shown(false), @r#"Or([And([Phrase("acme"), Phrase("corp*")]), And([Phrase("new business"), Not(Phrase("a b"))])])"#);
        insta::assert_snapshot!(shown(true), @r#"Or([Or([Phrase("acme"), Phrase("corp*")]), And([Phrase("new business"), Not(Phrase("a b"))])])"#);
    }
}
