//! Filter logic as Salesforce writes it: `1 AND (2 OR NOT 3)`, numbers for conditions.

use sf_soql::ast::Condition;

/// Nesting that is taken.
const MOST_DEPTH: usize = 12;

/// The conditions combined as `logic` says; all of them must hold without it.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(super) fn combine(
    conditions: Vec<Condition>,
    logic: Option<&str>,
) -> Result<Option<Condition>, String> {
    let Some(logic) = logic.map(str::trim).filter(|logic| !logic.is_empty()) else {
        return Ok(conditions.into_iter().reduce(Condition::and));
    };
    let words = words(logic)?;
    let mut parser = Parser { words: &words, used: vec![false; conditions.len()], conditions };
    let found = parser.group(0)?;
    if let Some(word) = parser.words.first() {
        return Err(format!("{word} was not expected; join conditions by AND or OR."));
    }
    if let Some(unused) = parser.used.iter().position(|used| !used) {
        return Err(format!("Condition {} is not in it; name every condition.", unused + 1));
    }
    Ok(Some(found))
}

fn words(logic: &str) -> Result<Vec<String>, String> {
    let spaced = logic.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<String> = spaced.split_whitespace().map(str::to_uppercase).collect();
    let known = |word: &str| {
        matches!(word, "(" | ")" | "AND" | "OR" | "NOT") || word.bytes().all(|b| b.is_ascii_digit())
    };
    match words.iter().find(|word| !known(word)) {
        None => Ok(words),
        Some(word) => Err(format!(
            "{:?} means nothing in it: it has the numbers of conditions (1 is the first), AND, OR, \
             NOT and parentheses.",
            crate::text::shorten(word, 40)
        )),
    }
}

struct Parser<'w> {
    words: &'w [String],
    conditions: Vec<Condition>,
    used: Vec<bool>,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<String> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first.clone())
    }

    /// Terms joined by the same operator.
    fn group(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > MOST_DEPTH {
            return Err(format!("It is nested too deep; at most {MOST_DEPTH} levels."));
        }
        let mut terms = vec![self.term(depth)?];
        let mut joined: Option<String> = None;
        while let Some(operator) = self.words.first().filter(|w| *w == "AND" || *w == "OR").cloned()
        {
            self.next();
            if joined.as_ref().is_some_and(|before| *before != operator) {
                return Err("AND and OR side by side are ambiguous; set parentheses.".to_owned());
            }
            joined = Some(operator);
            terms.push(self.term(depth)?);
        }
        Ok(match (terms.len(), joined.as_deref()) {
            (1, _) => terms.remove(0),
            (_, Some("OR")) => Condition::Or(terms),
            _ => Condition::And(terms),
        })
    }

    fn term(&mut self, depth: usize) -> Result<Condition, String> {
        let word = self.next().ok_or("It ends where the number of a condition was expected.")?;
        match word.as_str() {
            "NOT" if depth > MOST_DEPTH => Err("It has too many NOTs.".to_owned()),
            "NOT" => Ok(Condition::Not(Box::new(self.term(depth + 1)?))),
            "(" => {
                let inner = self.group(depth + 1)?;
                match self.next().as_deref() {
                    Some(")") => Ok(inner),
                    _ => Err("A parenthesis is not closed.".to_owned()),
                }
            }
            number => {
                let at = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                match at.and_then(|at| Some((at, self.conditions.get(at)?.clone()))) {
                    Some((at, condition)) => {
                        self.used[at] = true;
                        Ok(condition)
                    }
                    None => Err(format!(
                        "{number} is not the number of a condition; there are {}.",
                        self.conditions.len()
                    )),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(n: usize, logic: Option<&str>) -> String {
        let conditions =
            (1..=n).map(|n| sf_soql::parse(&format!("SELECT Id FROM A WHERE F{n} = {n}")));
        let conditions = conditions.map(|query| query.unwrap().filter.unwrap()).collect();
        match combine(conditions, logic) {
            Ok(None) => "-".to_owned(),
            Ok(Some(condition)) => {
                let mut query = sf_soql::parse("SELECT Id FROM A").unwrap();
                query.filter = Some(condition);
                query.to_soql().unwrap().split_once(" WHERE ").unwrap().1.to_owned()
            }
            Err(wrong) => wrong,
        }
    }

    #[test]
    fn filter_logic() {
        let cases = [
            (0, None),
            (1, None),
            (2, None),
            (3, Some("1 and (2 OR not 3)")),
            (3, Some("(1 AND 2) OR (2 AND 3)")),
            (2, Some("NOT (1 OR 2)")),
            (2, Some("((1)) AND ((2))")),
            (3, Some("1 AND 2 OR 3")),
            (2, Some("1")),
            (2, Some("1 2")),
            (2, Some("1 AND 3")),
            (2, Some("1 AND 0")),
            (2, Some("1 AND (2")),
            (2, Some("1 AND 2)")),
            (2, Some("1 AND")),
            (2, Some("1 && 2")),
            (1, Some("1; DELETE")),
        ];
        let table: String = cases
            .iter()
            .map(|(n, logic)| format!("{n} {logic:?}: {}\n", told(*n, *logic)))
            .collect();
        insta::assert_snapshot!(table, @r#"
        0 None: -
        1 None: F1 = 1
        2 None: F1 = 1 AND F2 = 2
        3 Some("1 and (2 OR not 3)"): F1 = 1 AND (F2 = 2 OR (NOT F3 = 3))
        3 Some("(1 AND 2) OR (2 AND 3)"): (F1 = 1 AND F2 = 2) OR (F2 = 2 AND F3 = 3)
        2 Some("NOT (1 OR 2)"): NOT (F1 = 1 OR F2 = 2)
        2 Some("((1)) AND ((2))"): F1 = 1 AND F2 = 2
        3 Some("1 AND 2 OR 3"): AND and OR side by side are ambiguous; set parentheses.
        2 Some("1"): Condition 2 is not in it; name every condition.
        2 Some("1 2"): 2 was not expected; join conditions by AND or OR.
        2 Some("1 AND 3"): 3 is not the number of a condition; there are 2.
        2 Some("1 AND 0"): 0 is not the number of a condition; there are 2.
        2 Some("1 AND (2"): A parenthesis is not closed.
        2 Some("1 AND 2)"): ) was not expected; join conditions by AND or OR.
        2 Some("1 AND"): It ends where the number of a condition was expected.
        2 Some("1 && 2"): "&&" means nothing in it: it has the numbers of conditions (1 is the first), AND, OR, NOT and parentheses.
        1 Some("1; DELETE"): "1;" means nothing in it: it has the numbers of conditions (1 is the first), AND, OR, NOT and parentheses.
        "#);
        assert!(
            told(1, Some(&format!("{}1{}", "(".repeat(900), ")".repeat(900)))).contains("deep")
        );
        assert!(told(1, Some(&format!("{} 1", "NOT ".repeat(900)))).contains("NOTs"));
    }
}
