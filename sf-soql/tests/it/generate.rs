//! Strategies for trees that the parser could have made, and for statements
//! that it should refuse.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sf_soql::ast::*;

const CLAUSE_WORDS: [&str; 26] = [
    "ALL", "AND", "ASC", "DESC", "EXCLUDES", "FIRST", "FOR", "FROM", "GROUP", "HAVING", "IN",
    "INCLUDES", "LAST", "LIKE", "LIMIT", "NOT", "NULL", "NULLS", "OFFSET", "OR", "ORDER", "SELECT",
    "UPDATE", "USING", "WHERE", "WITH",
];

pub(crate) fn ident() -> BoxedStrategy<Ident> {
    let word = prop_oneof![
        4 => "[A-Z][a-z]{1,6}(__c)?",
        1 => "[A-Za-z][A-Za-z0-9_]{0,8}",
        1 => Just("Count".to_owned()),
    ];
    // Alone, TYPEOF, DISTINCT, TOP and AS are names; before another word not.
    let taken = |word: &String| {
        CLAUSE_WORDS
            .iter()
            .chain(&["TYPEOF", "DISTINCT", "TOP", "AS"])
            .any(|taken| taken.eq_ignore_ascii_case(word))
    };
    word.prop_filter("a word of the grammar", move |word| !taken(word))
        .prop_map(|word| word.parse().unwrap())
        .boxed()
}

pub(crate) fn path() -> BoxedStrategy<Path> {
    let first = prop_oneof![8 => ident().prop_map(|name| name.to_string()), 1 => Just("Group".into()), 1 => Just("Order".into())];
    // After a dot any word is a name.
    let rest = vec(
        prop_oneof![8 => "[A-Z][a-z]{1,5}", 1 => Just("From".into()), 1 => Just("Null".into())],
        0..3,
    );
    (first, rest)
        .prop_map(|(first, rest)| {
            let text = std::iter::once(first).chain(rest).collect::<Vec<String>>().join(".");
            text.parse().unwrap()
        })
        .boxed()
}

fn single() -> BoxedStrategy<Path> {
    ident().prop_map(Path::from).boxed()
}

fn period() -> BoxedStrategy<Period> {
    proptest::sample::select(&Period::ALL[..]).boxed()
}

fn date_literal() -> BoxedStrategy<DateLiteral> {
    prop_oneof![
        Just(DateLiteral::Today),
        Just(DateLiteral::Yesterday),
        Just(DateLiteral::Tomorrow),
        Just(DateLiteral::Last90Days),
        Just(DateLiteral::Next90Days),
        any::<u32>().prop_map(DateLiteral::LastNDays),
        any::<u32>().prop_map(DateLiteral::NextNDays),
        any::<u32>().prop_map(DateLiteral::NDaysAgo),
        period().prop_map(DateLiteral::Last),
        period().prop_map(DateLiteral::This),
        period().prop_map(DateLiteral::Next),
        (period(), any::<u32>()).prop_map(|(period, n)| DateLiteral::LastN(period, n)),
        (period(), any::<u32>()).prop_map(|(period, n)| DateLiteral::NextN(period, n)),
        (period(), any::<u32>()).prop_map(|(period, n)| DateLiteral::NAgo(period, n)),
    ]
    .boxed()
}

pub(crate) fn string() -> BoxedStrategy<String> {
    prop_oneof![any::<String>(), r"[a-z'%_\\\n\t ]{0,12}"].boxed()
}

fn value() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => string().prop_map(Value::String),
        2 => r"[+-]?[0-9]{1,20}(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?".prop_map(|text| Value::Number(Number::new(&text).unwrap())),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => Just(Value::Null),
        1 => "[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])".prop_map(|text| Value::Date(Date::new(&text).unwrap())),
        1 => r"2024-02-29T[01][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?(Z|[+-]0[0-9]:?[0-5][0-9])"
            .prop_map(|text| Value::DateTime(DateTime::new(&text).unwrap())),
        1 => r"[01][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{3})?Z".prop_map(|text| Value::Time(Time::new(&text).unwrap())),
        2 => date_literal().prop_map(Value::DateLiteral),
        1 => r"[0-9]{1,9}(\.[0-9]{1,2})?".prop_map(|text| Value::Currency(Currency::new("USD", &text).unwrap())),
        1 => path().prop_map(Value::Bind),
    ]
    .boxed()
}

fn literal() -> BoxedStrategy<Literal> {
    value().prop_map(Literal::from).boxed()
}

fn text_literal() -> BoxedStrategy<Literal> {
    prop_oneof![string().prop_map(Value::String), path().prop_map(Value::Bind)]
        .prop_map(Literal::from)
        .boxed()
}

fn of_field(function: Function) -> BoxedStrategy<Call> {
    path().prop_map(move |path| Call::of_field(function, path)).boxed()
}

fn wrapped(outer: Function, inner: BoxedStrategy<Call>) -> BoxedStrategy<Call> {
    inner
        .prop_map(move |inner| Call {
            function: outer,
            args: vec![Argument::Call(inner)],
            span: Span::default(),
        })
        .boxed()
}

fn call() -> BoxedStrategy<Call> {
    let plain = Function::ALL.into_iter().filter(|function| {
        !matches!(function, Function::ConvertTimezone | Function::Geolocation | Function::Distance)
    });
    let plain: Vec<Function> = plain.collect();
    prop_oneof![
        4 => proptest::sample::select(plain).prop_flat_map(of_field),
        1 => Just(Call { function: Function::Count, args: vec![], span: Span::default() }),
        1 => wrapped(Function::CalendarYear, of_field(Function::ConvertTimezone)),
        1 => wrapped(Function::Format, wrapped(Function::ConvertCurrency, of_field(Function::Sum))),
        1 => (path(), -90..90i64, -180..180i64).prop_map(|(path, latitude, longitude)| {
            let number = |number: i64| Argument::Literal(Value::Number(number.into()).into());
            let place = Call {
                function: Function::Geolocation,
                args: vec![number(latitude), number(longitude)],
                span: Span::default(),
            };
            let unit = Argument::Literal(Value::String("mi".into()).into());
            let args = vec![Argument::Field(path), Argument::Call(place), unit];
            Call { function: Function::Distance, args, span: Span::default() }
        }),
    ]
    .boxed()
}

fn expr() -> BoxedStrategy<Expr> {
    prop_oneof![3 => path().prop_map(Expr::Field), 1 => call().prop_map(Expr::Call)].boxed()
}

fn condition(query: BoxedStrategy<Query>) -> BoxedStrategy<Condition> {
    let op = proptest::sample::select(vec![
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Gt,
        CompareOp::Ge,
    ]);
    let span = Span::default();
    let set = prop_oneof![
        3 => vec(literal(), 1..4).prop_map(InSet::List),
        1 => query.prop_map(|query| InSet::Query(Box::new(query))),
        1 => path().prop_map(InSet::Bind),
    ];
    let pattern = vec(
        prop_oneof![
            string().prop_map(|text| sf_soql::escape::like_pattern(&text)),
            Just("%".into())
        ],
        0..3,
    );
    let leaf = prop_oneof![
        4 => (expr(), op, literal()).prop_map(move |(left, op, value)| Condition::Compare { left, op, value, span }),
        1 => (expr(), pattern).prop_map(move |(left, pattern)| Condition::Compare {
            left, op: CompareOp::Like, value: Value::Pattern(pattern.concat()).into(), span
        }),
        1 => (expr(), any::<bool>(), set).prop_map(move |(left, negated, set)| Condition::In { left, negated, set, span }),
        1 => (path(), any::<bool>(), vec(text_literal(), 1..3))
            .prop_map(move |(left, negated, values)| Condition::Includes { left, negated, values, span }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Condition::And),
            vec(inner.clone(), 2..4).prop_map(Condition::Or),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

fn select_item(child: Option<BoxedStrategy<Query>>) -> BoxedStrategy<SelectItem> {
    let when = (ident(), vec(path(), 1..3)).prop_map(|(object, fields)| When {
        object,
        fields,
        span: Span::default(),
    });
    let type_of = (path(), vec(when, 1..3), vec(path(), 0..2)).prop_map(
        |(relationship, whens, otherwise)| {
            SelectItem::TypeOf(TypeOf { relationship, whens, otherwise, span: Span::default() })
        },
    );
    let set = proptest::sample::select(vec![FieldSet::All, FieldSet::Standard, FieldSet::Custom]);
    let flat = prop_oneof![
        6 => (path(), option::weighted(0.2, ident())).prop_map(|(path, alias)| SelectItem::Field { path, alias }),
        2 => (call(), option::of(ident())).prop_map(|(call, alias)| SelectItem::Call { call, alias }),
        1 => type_of,
        1 => set.prop_map(|set| SelectItem::Fields { set, span: Span::default() }),
    ];
    match child {
        Some(child) => {
            prop_oneof![6 => flat, 1 => child.prop_map(|child| SelectItem::Subquery(Box::new(child)))].boxed()
        }
        None => flat.boxed(),
    }
}

fn with() -> BoxedStrategy<With> {
    let span = Span::default();
    let selector =
        proptest::sample::select(vec![CategorySelector::At, CategorySelector::AboveOrBelow]);
    let filter =
        (ident(), selector, vec(ident(), 1..3)).prop_map(move |(group, selector, categories)| {
            CategoryFilter { group, selector, categories, span }
        });
    let setting = (ident(), literal()).prop_map(move |(name, value)| Setting { name, value, span });
    prop_oneof![
        Just(With::SecurityEnforced { span }),
        Just(With::UserMode { span }),
        Just(With::SystemMode { span }),
        vec(filter, 1..3).prop_map(With::DataCategory),
        vec(setting, 1..3).prop_map(With::RecordVisibilityContext),
        string().prop_map(|id| With::UserId(Value::String(id).into())),
    ]
    .boxed()
}

fn group_by() -> BoxedStrategy<GroupBy> {
    let kind = proptest::sample::select(vec![GroupKind::Plain, GroupKind::Rollup, GroupKind::Cube]);
    (kind, vec(expr(), 1..3))
        .prop_map(|(kind, items)| GroupBy { kind, items, span: Span::default() })
        .boxed()
}

fn order_by() -> BoxedStrategy<OrderBy> {
    let direction = proptest::sample::select(vec![Direction::Ascending, Direction::Descending]);
    let nulls = option::of(proptest::sample::select(vec![Nulls::First, Nulls::Last]));
    (expr(), direction, nulls)
        .prop_map(|(expr, direction, nulls)| OrderBy {
            expr,
            direction,
            nulls,
            span: Span::default(),
        })
        .boxed()
}

fn count() -> BoxedStrategy<Count> {
    prop_oneof![3 => any::<u64>().prop_map(Count::from), 1 => path().prop_map(Count::Bind)].boxed()
}

fn options() -> BoxedStrategy<Options> {
    let flag = || option::weighted(0.1, Just(Span::default()));
    (flag(), flag(), flag(), flag(), flag(), flag())
        .prop_map(
            |(for_view, for_reference, for_update, update_tracking, update_view_stat, all_rows)| {
                Options {
                    for_view,
                    for_reference,
                    for_update,
                    update_tracking,
                    update_view_stat,
                    all_rows,
                }
            },
        )
        .boxed()
}

fn source(name: BoxedStrategy<Path>) -> BoxedStrategy<Source> {
    (name, option::weighted(0.2, ident()))
        .prop_map(|(name, alias)| Source { name, alias, span: Span::default() })
        .boxed()
}

/// A SELECT whose `FROM` may have dots only if `dotted`, with `levels` of
/// queries within.
fn select(levels: u32, dotted: bool) -> BoxedStrategy<Query> {
    let (child, inner) = if levels == 0 {
        let leaf = (path(), single()).prop_map(|(field, object)| {
            Query::new(vec![SelectItem::field(field)], Source::new(object))
        });
        (None, leaf.boxed())
    } else {
        (Some(select(levels - 1, true)), select(levels - 1, false))
    };
    let name = if dotted { path() } else { single() };
    let head = (
        vec(select_item(child), 1..4),
        source(name),
        vec(source(path()), 0..2),
        option::weighted(0.1, ident()),
        option::of(condition(inner.clone())),
    );
    let tail = (
        option::weighted(0.2, with()),
        option::weighted(0.2, (group_by(), option::of(condition(inner)))),
        vec(order_by(), 0..3),
        option::weighted(0.3, count()),
        option::weighted(0.2, count()),
        options(),
    );
    (head, tail)
        .prop_map(
            |(
                (items, from, joins, scope, filter),
                (with, group, order_by, limit, offset, options),
            )| {
                let (group_by, having) =
                    group.map_or((None, None), |(group_by, having)| (Some(group_by), having));
                let mut query = Query::new(items, from);
                query.joins = joins;
                query.scope = scope;
                query.filter = filter;
                query.with = with;
                query.group_by = group_by;
                query.having = having;
                query.order_by = order_by;
                query.limit = limit;
                query.offset = offset;
                query.options = options;
                query
            },
        )
        .boxed()
}

/// A statement, as a tree.
pub(crate) fn query() -> BoxedStrategy<Query> {
    select(1, false)
}

/// The text that a pattern matches, wildcards around it left out and those
/// within it resolved.
pub(crate) fn meaning(pattern: &str) -> String {
    let mut text = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            '%' | '_' => {}
            other => text.push(other),
        }
    }
    text
}
