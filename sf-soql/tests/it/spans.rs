//! Every node knows where it stood: the text there is the node's own print.

use proptest::prelude::*;
use sf_soql::ast::*;

use crate::generate;

/// Text, and the places of nodes in it with what each prints as.
struct Places<'a> {
    text: &'a str,
    seen: Vec<(Span, String)>,
}

impl Places<'_> {
    fn add(&mut self, span: Span, node: &dyn std::fmt::Display) {
        self.seen.push((span, node.to_string()));
    }

    fn query(&mut self, query: &Query) {
        self.add(query.span, query);
        for source in std::iter::once(&query.from).chain(&query.joins) {
            self.add(source.span, source);
            self.add(source.name.span(), &source.name);
            source.alias.iter().for_each(|alias| self.add(alias.span(), alias));
        }
        for item in &query.select {
            match item {
                SelectItem::Field { path, alias } => {
                    self.add(path.span(), path);
                    alias.iter().for_each(|alias| self.add(alias.span(), alias));
                }
                SelectItem::Call { call, alias } => {
                    self.call(call);
                    alias.iter().for_each(|alias| self.add(alias.span(), alias));
                }
                SelectItem::Subquery(inner) => self.query(inner),
                SelectItem::TypeOf(type_of) => {
                    self.add(type_of.span, type_of);
                    for when in &type_of.whens {
                        self.add(when.object.span(), &when.object);
                        when.fields.iter().for_each(|field| self.add(field.span(), field));
                        assert!(self.text[when.span.range()].starts_with("WHEN "));
                    }
                }
                SelectItem::Fields { span, .. } => self.add(*span, item),
            }
        }
        query.scope.iter().for_each(|scope| self.add(scope.span(), scope));
        query.filter.iter().for_each(|filter| self.condition(filter));
        query.having.iter().for_each(|having| self.condition(having));
        if let Some(with) = &query.with {
            let parts: &[Setting] = match with {
                With::RecordVisibilityContext(settings) => settings,
                With::UserId(id) => {
                    self.add(with.span(), id);
                    &[]
                }
                With::DataCategory(filters) => {
                    filters.iter().for_each(|filter| self.add(filter.span, filter));
                    &[]
                }
                simple => {
                    self.add(simple.span(), simple);
                    &[]
                }
            };
            for setting in parts {
                self.add(setting.name.span(), &setting.name);
                self.add(setting.value.span, &setting.value);
            }
        }
        if let Some(group_by) = &query.group_by {
            assert_eq!(self.text[group_by.span.range()], format!("GROUP BY {group_by}"));
            group_by.items.iter().for_each(|item| self.expr(item));
        }
        for item in &query.order_by {
            self.add(item.span, item);
            self.expr(&item.expr);
        }
        for count in [&query.limit, &query.offset].into_iter().flatten() {
            let colon = usize::from(matches!(count, Count::Bind(_)));
            let printed = count.to_string();
            self.seen.push((count.span(), printed[colon..].to_owned()));
        }
        let options = &query.options;
        for (span, text) in [
            (options.all_rows, "ALL ROWS"),
            (options.for_view, "FOR VIEW"),
            (options.for_reference, "FOR REFERENCE"),
            (options.for_update, "FOR UPDATE"),
            (options.update_tracking, "UPDATE TRACKING"),
        ] {
            span.iter().for_each(|span| self.add(*span, &text));
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::And(terms) | Condition::Or(terms) => {
                terms.iter().for_each(|term| self.condition(term));
                let span = condition.span();
                assert_eq!(span.start(), terms[0].span().start());
                assert_eq!(span.end(), terms[terms.len() - 1].span().end());
            }
            Condition::Not(inner) => self.condition(inner),
            Condition::Compare { left, value, span, .. } => {
                self.add(*span, condition);
                self.expr(left);
                self.add(value.span, value);
            }
            Condition::In { left, set, span, .. } => {
                self.add(*span, condition);
                self.expr(left);
                match set {
                    InSet::List(values) => {
                        values.iter().for_each(|value| self.add(value.span, value));
                        assert_eq!(set.span().start(), values[0].span.start());
                    }
                    InSet::Query(query) => self.query(query),
                    InSet::Bind(variable) => self.add(set.span(), variable),
                }
            }
            Condition::Includes { left, values, span, .. } => {
                self.add(*span, condition);
                self.add(left.span(), left);
                values.iter().for_each(|value| self.add(value.span, value));
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.add(expr.span(), expr);
        if let Expr::Call(call) = expr {
            self.call(call);
        }
    }

    fn call(&mut self, call: &Call) {
        self.add(call.span, call);
        for arg in &call.args {
            self.add(arg.span(), arg);
            if let Argument::Call(inner) = arg {
                self.call(inner);
            }
        }
    }
}

proptest! {
    #[test]
    fn every_node_of_a_select_knows_its_text(query in generate::query()) {
        let text = format!("\n  {query} ");
        let parsed = sf_soql::parse(&text).unwrap();
        let mut places = Places { text: &text, seen: Vec::new() };
        places.query(&parsed);
        for (span, printed) in places.seen {
            prop_assert_eq!(&text[span.range()], printed);
        }
    }
}
