//! Statements made at random from a schema: most of them right, many a little wrong.

use std::fmt::Write as _;
use std::sync::Arc;

use sf_schema::{Field, FieldType, Known, Object};

/// Decisions, read one after the other; when they run out, each is the first choice.
pub(crate) struct Tape<'a> {
    decisions: std::slice::Iter<'a, u16>,
    known: &'a Known,
    /// Only what fits is chosen, but for one slip now and then: in a statement
    /// with many faults one that nobody finds would not show.
    careful: bool,
}

const OBJECTS: [&str; 14] = [
    "Account",
    "Contact",
    "Opportunity",
    "Case",
    "Lead",
    "Task",
    "Event",
    "Invoice__c",
    "Invoice_Line__c",
    "AIM__Deal__c",
    "User",
    "Asset",
    "Campaign",
    "Order",
];

impl<'a> Tape<'a> {
    pub(crate) fn new(decisions: &'a [u16], known: &'a Known) -> Self {
        let careful = decisions.first().is_some_and(|first| first % 4 > 0);
        Self { decisions: decisions.iter(), known, careful }
    }

    fn below(&mut self, most: usize) -> usize {
        usize::from(self.decisions.next().copied().unwrap_or(0)) % most.max(1)
    }

    /// True once in `n` times.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// True if something wrong is wanted here, once in `n` times; of careful
    /// statements seldom.
    fn slip(&mut self, n: usize) -> bool {
        self.once_in(if self.careful { n * 8 } else { n })
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    fn object(&mut self, name: &str) -> Option<Arc<Object>> {
        self.known.object(name).cloned()
    }

    pub(crate) fn statement(&mut self) -> String {
        let name = *self.pick(&OBJECTS);
        let Some(object) = self.object(name) else { return format!("SELECT Id FROM {name}") };
        if self.once_in(3) { self.groups(&object) } else { self.records(&object, name, 0) }
    }

    fn records(&mut self, object: &Object, from: &str, depth: usize) -> String {
        let mut items = Vec::new();
        for _ in 0..=self.below(3) {
            let item = match self.below(14) {
                0..=7 => self.path(object),
                8 => self.call(object),
                9 => format!("{} n{}", self.call(object), items.len()),
                10 if depth < 2 => self.children(object, depth),
                11 => self.type_of(object),
                12 => format!("FIELDS({})", self.pick(&["STANDARD", "CUSTOM", "ALL"])),
                13 if self.slip(3) => "COUNT()".to_owned(),
                _ => "Id".to_owned(),
            };
            items.push(item);
        }
        let mut soql = format!("SELECT {} FROM {from}", items.join(", "));
        if self.once_in(2) {
            let condition = self.condition(object, depth, 2);
            let _ = write!(soql, " WHERE {condition}");
        }
        if self.once_in(3) {
            let key = match self.slip(5) {
                true => self.call(object),
                false => self.path_of(object, |f| f.sortable),
            };
            let _ = write!(soql, " ORDER BY {key} DESC NULLS LAST");
        }
        if self.once_in(2) {
            let most = if self.careful { 3 } else { 4 };
            let _ = write!(soql, " LIMIT {}", self.pick(&["5", "1", "200", "201"][..most]));
        }
        if self.slip(6) {
            let _ = write!(soql, " OFFSET {}", self.pick(&["2", "2000", "2001"]));
        }
        soql
    }

    fn groups(&mut self, object: &Object) -> String {
        let mut keys = Vec::new();
        for _ in 0..self.below(3) {
            let key = match self.once_in(4) {
                true => self.call(object),
                false => self.path_of(object, |f| f.groupable),
            };
            keys.push(key);
        }
        let mut items: Vec<String> = keys.iter().filter(|_| self.below(4) > 0).cloned().collect();
        for _ in 0..=self.below(2) {
            items.push(self.aggregate(object));
        }
        if self.slip(10) {
            items.push(self.path(object));
        }
        let mut soql = format!("SELECT {} FROM {}", items.join(", "), object.name);
        if self.once_in(3) {
            let condition = self.condition(object, 1, 1);
            let _ = write!(soql, " WHERE {condition}");
        }
        if !keys.is_empty() {
            let list = keys.join(", ");
            let _ = match self.below(6) {
                0 => write!(soql, " GROUP BY ROLLUP({list})"),
                1 => write!(soql, " GROUP BY CUBE({list})"),
                _ => write!(soql, " GROUP BY {list}"),
            };
            if self.once_in(3) {
                let aggregate = self.aggregate(object);
                let _ = write!(
                    soql,
                    " HAVING {aggregate} {} 1",
                    self.pick(if self.careful { &[">", "="][..] } else { &[">", "=", "LIKE"] })
                );
            }
        }
        if self.once_in(4) {
            let key = match self.below(3) {
                0 => self.aggregate(object),
                1 => self.path(object),
                _ => keys.first().cloned().unwrap_or_else(|| "Id".to_owned()),
            };
            let _ = write!(soql, " ORDER BY {key}");
        }
        if self.once_in(4) && (!keys.is_empty() || self.slip(2)) {
            soql.push_str(" LIMIT 100");
        }
        soql
    }

    fn children(&mut self, object: &Object, depth: usize) -> String {
        let named: Vec<_> = object.children.iter().filter(|c| c.name.is_some()).collect();
        if named.is_empty() {
            return "(SELECT Id FROM Nothing)".to_owned();
        }
        let child = *self.pick(&named);
        let name = child.name.clone().unwrap_or_default();
        let name = if self.slip(10) { child.object.clone() } else { name };
        match self.object(&child.object) {
            Some(object) => format!("({})", self.records(&object, &name, depth + 1)),
            None => format!("(SELECT Id FROM {name})"),
        }
    }

    fn type_of(&mut self, object: &Object) -> String {
        let references: Vec<&Field> = object.fields.iter().filter(|f| self.leads(f)).collect();
        if references.is_empty() {
            return "Id".to_owned();
        }
        let many: Vec<&Field> =
            references.iter().copied().filter(|f| f.reference_to.len() > 1).collect();
        let from = if many.is_empty() || self.once_in(8) { references } else { many };
        let field = *self.pick(&from);
        let target = self.pick(&field.reference_to).clone();
        let relationship = field.relationship_name.clone().unwrap_or_default();
        let path = self.object(&target).map_or("Id".to_owned(), |o| self.path(&o));
        let other = if self.once_in(3) { " ELSE Name, Email" } else { "" };
        format!("TYPEOF {relationship} WHEN {target} THEN Id, {path}{other} END")
    }

    /// Whether a path can follow the field. The owner of an event may be a
    /// calendar, which the embedded org does not have; it sees users alone there,
    /// where the platform has the entity Name.
    fn leads(&self, field: &Field) -> bool {
        field.relationship_name.is_some()
            && field.reference_to.iter().all(|target| self.known.object(target).is_some())
    }

    /// A field, often of a parent; now and then one that does not exist.
    fn path(&mut self, object: &Object) -> String {
        let mut path = String::new();
        let mut object = Arc::new(object.clone());
        for _ in 0..6 {
            if !self.once_in(3) {
                break;
            }
            let references: Vec<Field> =
                object.fields.iter().filter(|f| self.leads(f)).cloned().collect();
            if references.is_empty() {
                break;
            }
            let field = self.pick(&references).clone();
            path.push_str(field.relationship_name.as_deref().unwrap_or_default());
            path.push('.');
            let target = self.pick(&field.reference_to).clone();
            if field.reference_to.len() > 1 {
                const FIELDS: [&str; 7] =
                    ["Name", "Type", "Id", "Email", "Title", "Website", "Profile.Name"];
                let end: &str = self.pick::<&str>(&FIELDS);
                return path + end;
            }
            match self.object(&target) {
                Some(next) => object = next,
                None => break,
            }
        }
        if object.fields.is_empty() || self.slip(40) {
            return path + "Nope__c";
        }
        let name = self.pick(&object.fields).name.clone();
        path + &if self.once_in(10) { name.to_lowercase() } else { name }
    }

    fn call(&mut self, object: &Object) -> String {
        let path = self.path_of(object, |f| matches!(f.ty, FieldType::Date | FieldType::Datetime));
        match self.below(11) {
            0 => format!("CALENDAR_YEAR({path})"),
            1 => format!("DAY_ONLY({path})"),
            2 => format!("CALENDAR_MONTH(convertTimezone({path}))"),
            3 => format!("HOUR_IN_DAY({path})"),
            4 => format!("toLabel({})", self.path_of(object, |f| f.ty == FieldType::Picklist)),
            5 => format!("FORMAT({})", self.path_of(object, |f| f.ty.is_number())),
            6 => format!(
                "convertCurrency({})",
                self.path_of(object, |f| f.ty == FieldType::Currency)
            ),
            7 => format!(
                "FORMAT(convertCurrency({}))",
                self.path_of(object, |f| f.ty == FieldType::Currency)
            ),
            8 => {
                let path = self.path_of(object, |f| f.ty == FieldType::Address);
                format!("DISTANCE({path}, GEOLOCATION({}, 8.5), 'km')", self.pick(&["47.4", "91"]))
            }
            9 if !self.careful => format!("GROUPING({})", self.path(object)),
            _ => format!("FISCAL_QUARTER({path})"),
        }
    }

    fn aggregate(&mut self, object: &Object) -> String {
        let path = self.path_of(object, |f| f.aggregatable && f.ty.is_number());
        let amount = self.path_of(object, |f| f.ty == FieldType::Currency);
        match self.below(9) {
            0 => "COUNT(Id)".to_owned(),
            1 => format!("SUM({path})"),
            2 => format!("AVG({path})"),
            3 => format!("MIN({})", self.path_of(object, |f| f.aggregatable)),
            4 => format!("MAX({})", self.path_of(object, |f| f.aggregatable)),
            5 => format!("COUNT_DISTINCT({})", self.path_of(object, |f| f.aggregatable)),
            6 => format!("COUNT({})", self.path_of(object, |f| f.aggregatable)),
            7 => format!("FORMAT(SUM({path}))"),
            _ => format!("convertCurrency(MAX({amount}))"),
        }
    }

    /// A field that fits, mostly.
    fn path_of(&mut self, object: &Object, fits: impl Fn(&Field) -> bool) -> String {
        let fields: Vec<&Field> = object.fields.iter().filter(|f| fits(f)).collect();
        if fields.is_empty() || self.slip(6) {
            self.path(object)
        } else {
            self.pick(&fields).name.clone()
        }
    }

    fn condition(&mut self, object: &Object, depth: usize, width: usize) -> String {
        let mut parts = vec![self.comparison(object, depth)];
        for _ in 0..self.below(width + 1) {
            parts.push(self.comparison(object, depth));
        }
        let joined = parts.join(self.pick::<&str>(&[" AND ", " OR "]));
        if self.once_in(8) { format!("NOT ({joined})") } else { joined }
    }

    fn comparison(&mut self, object: &Object, depth: usize) -> String {
        if depth == 0 && self.once_in(6) {
            return self.semi_join(object);
        }
        if self.once_in(8) {
            let call = if self.slip(5) { self.aggregate(object) } else { self.call(object) };
            return format!("{call} {} {}", self.pick(&["=", "<", ">"]), self.any_literal());
        }
        let path = self.path_of(object, |f| f.filterable);
        let field = object.field(&path).cloned();
        let literal = match field {
            Some(field) if !self.slip(8) => self.literal(&field),
            _ => self.any_literal(),
        };
        match self.below(8) {
            0..=2 => format!("{path} = {literal}"),
            3 => format!("{path} != {literal}"),
            4 => format!("{path} > {literal}"),
            5 => format!(
                "{path} IN ({literal}, {})",
                if self.once_in(3) { "NULL" } else { &literal }
            ),
            6 if literal.starts_with('\'') => format!("{path} LIKE {literal}"),
            7 if literal.starts_with('\'') => format!("{path} INCLUDES ({literal})"),
            _ => format!("{path} <= {literal}"),
        }
    }

    fn semi_join(&mut self, object: &Object) -> String {
        let ids: Vec<&Field> = object
            .fields
            .iter()
            .filter(|f| matches!(f.ty, FieldType::Id | FieldType::Reference))
            .collect();
        let left = if self.slip(8) { self.path(object) } else { self.pick(&ids).name.clone() };
        let inner = *self.pick(&OBJECTS);
        let Some(other) = self.object(inner) else { return "Id != NULL".to_owned() };
        let meant: Vec<&Field> =
            other.fields.iter().filter(|f| f.reference_to.contains(&object.name)).collect();
        let field = if meant.is_empty() || self.slip(6) {
            self.path(&other)
        } else {
            self.pick(&meant).name.clone()
        };
        let mut soql = format!("{left} IN (SELECT {field} FROM {inner}");
        if self.once_in(2) {
            let condition = self.comparison(&other, 1);
            let _ = write!(soql, " WHERE {condition}");
        }
        if self.slip(6) {
            soql.push_str(" LIMIT 3");
        }
        soql + ")"
    }

    fn literal(&mut self, field: &Field) -> String {
        match &field.ty {
            FieldType::Boolean => "TRUE".to_owned(),
            FieldType::Date => self.pick(&["2026-01-31", "TODAY", "LAST_N_DAYS:30"]).to_string(),
            FieldType::Datetime => self.pick(&["2026-01-31T10:00:00Z", "THIS_YEAR"]).to_string(),
            FieldType::Time => "10:00:00.000Z".to_owned(),
            FieldType::Id | FieldType::Reference => "'001000000000001AAA'".to_owned(),
            ty if ty.is_number() => self.pick(&["10", "-1.5", "1e3"]).to_string(),
            ty if ty.is_picklist() => match field.active_values().next() {
                Some(value) => sf_soql::escape::string(value),
                None => "'x'".to_owned(),
            },
            _ => "'x%'".to_owned(),
        }
    }

    fn any_literal(&mut self) -> String {
        const ALL: [&str; 11] = [
            "NULL",
            "'x'",
            "5",
            "1.5",
            "TRUE",
            "2026-01-31",
            "2026-01-31T10:00:00Z",
            "TODAY",
            "USD5",
            "''",
            "'001000000000001'",
        ];
        self.pick(&ALL).to_string()
    }
}
