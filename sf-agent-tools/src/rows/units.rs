//! The currency and the time zone of what is shown.

use sf_schema::{FieldType, Object};
use sf_soql::ast::{Argument, Call, Function, Path, Query, SelectItem};

use super::columns::relative;
use super::resume::Tree;
use crate::Org;

/// What is said of amounts and points in time, if there are any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Units {
    pub(crate) currency: Option<String>,
    pub(crate) time_zone: Option<String>,
}

/// Whether a result holds amounts and points in time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scale {
    pub(crate) amounts: bool,
    /// Records have currencies of their own.
    pub(crate) several_currencies: bool,
    /// Some amounts are converted by the statement.
    pub(crate) converted: bool,
    pub(crate) times: bool,
    /// Periods of the user's own calendar.
    pub(crate) local: bool,
}

/// The units of a statement's result.
pub(super) async fn of(org: &Org, query: &Query, tree: &Tree) -> Units {
    let mut scale = Scale::default();
    let mut rest = vec![(query, tree)];
    while let Some((query, tree)) = rest.pop() {
        for (at, item) in query.select.iter().enumerate() {
            match item {
                SelectItem::Field { path, .. } => scale.add(org, query, tree, path).await,
                SelectItem::Call { call, .. } => scale.call(org, query, tree, call).await,
                SelectItem::Fields { .. } => {
                    tree.object.fields.iter().for_each(|f| scale.see(&tree.object, &f.ty));
                }
                SelectItem::Subquery(inner) => {
                    rest.extend(tree.children.get(&at).map(|(_, child)| (&**inner, child)));
                }
                SelectItem::TypeOf(_) => {}
            }
        }
    }
    org.units(scale).await
}

impl Scale {
    async fn add(&mut self, org: &Org, query: &Query, tree: &Tree, path: &Path) {
        let path = relative(query, path);
        let mut names: Vec<&str> = path.split('.').collect();
        let Some(last) = names.pop() else { return };
        let mut object = std::sync::Arc::clone(&tree.object);
        for name in names {
            let target = match object.parent(name).map(|field| field.reference_to.as_slice()) {
                Some([one]) => one.clone(),
                _ => return,
            };
            match org.object(&target).await {
                Ok(parent) => object = parent,
                Err(_) => return,
            }
        }
        if let Some(field) = object.field(last) {
            self.see(&object, &field.ty);
        }
    }

    async fn call(&mut self, org: &Org, query: &Query, tree: &Tree, call: &Call) {
        match call.function {
            Function::Sum | Function::Avg | Function::Min | Function::Max => {
                if let Some(path) = call.field() {
                    self.add(org, query, tree, path).await;
                    // Roll-ups are made in the org's own currency.
                    self.several_currencies = false;
                }
            }
            Function::ConvertCurrency => self.converted = true,
            function if function.is_date() => {
                self.local |= call.args.iter().any(|a| matches!(a, Argument::Call(_)));
            }
            _ => {}
        }
    }

    /// Takes a field of `object` into account.
    pub(crate) fn see(&mut self, object: &Object, ty: &FieldType) {
        match ty {
            FieldType::Currency => {
                self.amounts = true;
                self.several_currencies |= object.field("CurrencyIsoCode").is_some();
            }
            FieldType::Datetime | FieldType::Time => self.times = true,
            _ => {}
        }
    }
}
