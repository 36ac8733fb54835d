//! Strategies for searches that the parser could have made.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sf_soql::ast::*;

use crate::generate::{self, ident, path};

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        3 => "[a-z]{1,6}",
        2 => r#"[a-z0-9?&|!{}\[\]()^~*:\\"'+@.-]{1,8}"#,
        1 => any::<String>(),
        1 => Just("or".to_owned()),
        1 => Just("AND".to_owned()),
    ]
    .boxed()
}

fn term() -> BoxedStrategy<Expression> {
    let piece = prop_oneof![
        4 => text().prop_map(Piece::Text),
        1 => Just(Piece::One),
        1 => Just(Piece::Many),
    ];
    (vec(piece, 1..4), any::<bool>())
        .prop_filter_map("no term", |(pieces, phrase)| Term::new(pieces, phrase).ok())
        .prop_map(Expression::Term)
        .boxed()
}

pub(crate) fn expression() -> BoxedStrategy<Expression> {
    term()
        .prop_recursive(4, 16, 3, |inner| {
            prop_oneof![
                vec(inner.clone(), 2..4).prop_map(Expression::Words),
                vec(inner.clone(), 2..4).prop_map(Expression::And),
                vec(inner.clone(), 2..4).prop_map(Expression::Or),
                (inner.clone(), inner).prop_map(|(found, missing)| Expression::AndNot {
                    found: Box::new(found),
                    missing: Box::new(missing),
                }),
            ]
        })
        .boxed()
}

fn text_literal() -> BoxedStrategy<Literal> {
    prop_oneof![
        4 => generate::string().prop_map(Value::String),
        1 => path().prop_map(Value::Bind),
    ]
    .prop_map(Literal::from)
    .boxed()
}

fn with() -> BoxedStrategy<SearchWith> {
    let span = Span::default();
    let filter = (ident(), vec(ident(), 1..3)).prop_map(move |(group, categories)| {
        CategoryFilter { group, selector: CategorySelector::Below, categories, span }
    });
    prop_oneof![
        text_literal().prop_map(move |division| SearchWith::Division { division, span }),
        vec(filter, 1..3).prop_map(SearchWith::DataCategory),
        Just(SearchWith::Highlight { span }),
        option::of(any::<u64>())
            .prop_map(move |target_length| SearchWith::Snippet { target_length, span }),
        vec(text_literal(), 1..3).prop_map(move |networks| SearchWith::Network { networks, span }),
        text_literal().prop_map(move |id| SearchWith::PricebookId { id, span }),
        Just(SearchWith::Metadata { span }),
        any::<bool>().prop_map(move |on| SearchWith::SpellCorrection { on, span }),
        Just(SearchWith::UserMode { span }),
        Just(SearchWith::SystemMode { span }),
    ]
    .boxed()
}

fn returned_field() -> BoxedStrategy<ReturnedField> {
    let function = proptest::sample::select(vec![
        Function::ToLabel,
        Function::Format,
        Function::ConvertCurrency,
    ]);
    let expr = prop_oneof![
        3 => path().prop_map(Expr::Field),
        1 => (function, path()).prop_map(|(function, path)| Expr::Call(Call::of_field(function, path))),
    ];
    (expr, option::weighted(0.2, ident()))
        .prop_map(|(expr, alias)| ReturnedField { expr, alias })
        .boxed()
}

/// The clauses are those of a generated SELECT, which an entry shares.
fn returning() -> BoxedStrategy<Returning> {
    (ident(), vec(returned_field(), 0..3), option::weighted(0.2, ident()), generate::query())
        .prop_map(|(object, fields, list_view, query)| {
            let bare = Returning::new(object);
            if fields.is_empty() {
                return bare;
            }
            Returning {
                fields,
                list_view,
                filter: query.filter,
                order_by: query.order_by,
                limit: query.limit,
                offset: query.offset,
                ..bare
            }
        })
        .boxed()
}

pub(crate) fn search() -> BoxedStrategy<Search> {
    let span = Span::default();
    let find = prop_oneof![
        8 => (expression(), any::<bool>())
            .prop_map(move |(expression, quoted)| Find::Text { expression, quoted, span }),
        1 => path().prop_map(Find::Bind),
    ];
    let flag = || option::weighted(0.1, Just(Span::default()));
    (
        find,
        option::of(proptest::sample::select(&SearchGroup::ALL[..])),
        vec(returning(), 0..3),
        vec(with(), 0..3),
        option::of(any::<u64>().prop_map(Count::from)),
        flag(),
        flag(),
    )
        .prop_map(
            move |(find, group, returning, with, limit, update_tracking, update_view_stat)| {
                let mut once: Vec<SearchWith> = Vec::new();
                for one in with {
                    let kind = std::mem::discriminant(&one);
                    if once.iter().all(|other| std::mem::discriminant(other) != kind) {
                        once.push(one);
                    }
                }
                Search {
                    find,
                    group,
                    returning,
                    with: once,
                    limit,
                    update_tracking,
                    update_view_stat,
                    span,
                }
            },
        )
        .boxed()
}
