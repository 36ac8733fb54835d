//! Filter logic: `(1 OR 2) AND NOT 3` over the conditions of a report.

use super::error::bad;
use crate::engine::ApiError;

/// Puts conditions together as the logic says, with every step in parentheses;
/// without logic all of them hold.
pub(super) fn combine(
    conditions: &[String],
    logic: Option<&str>,
) -> Result<Option<String>, ApiError> {
    let Some(logic) = logic.map(str::trim).filter(|logic| !logic.is_empty()) else {
        let all: Vec<String> = conditions.iter().map(|one| format!("({one})")).collect();
        return Ok((!all.is_empty()).then(|| all.join(" AND ")));
    };
    let mut parser =
        Parser { tokens: tokens(logic)?, at: 0, used: vec![false; conditions.len()], conditions };
    let combined = parser.any()?;
    if parser.at < parser.tokens.len() {
        return Err(wrong());
    }
    if parser.used.contains(&false) {
        return Err(bad(
            "Some filter conditions are defined but not referenced in your filter logic.",
        ));
    }
    Ok(Some(combined))
}

fn wrong() -> ApiError {
    bad(
        "Your filter logic is invalid. Check your parentheses, operators and the numbers of your filters.",
    )
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Filter(usize),
}

fn tokens(logic: &str) -> Result<Vec<Token>, ApiError> {
    let spaced = logic.replace('(', " ( ").replace(')', " ) ");
    spaced
        .split_whitespace()
        .map(|word| match word.to_ascii_uppercase().as_str() {
            "(" => Ok(Token::Open),
            ")" => Ok(Token::Close),
            "AND" => Ok(Token::And),
            "OR" => Ok(Token::Or),
            "NOT" => Ok(Token::Not),
            number => number.parse().map(Token::Filter).map_err(|_| wrong()),
        })
        .collect()
}

struct Parser<'c> {
    tokens: Vec<Token>,
    at: usize,
    used: Vec<bool>,
    conditions: &'c [String],
}

/// Parentheses and `NOT` within each other; the length of logic is not bounded.
const MOST_TOKENS: usize = 500;

impl Parser<'_> {
    fn next_is(&mut self, token: &Token) -> bool {
        let is = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(is);
        is
    }

    fn any(&mut self) -> Result<String, ApiError> {
        if self.tokens.len() > MOST_TOKENS {
            return Err(wrong());
        }
        let mut parts = vec![self.all()?];
        while self.next_is(&Token::Or) {
            parts.push(self.all()?);
        }
        Ok(joined(parts, " OR "))
    }

    fn all(&mut self) -> Result<String, ApiError> {
        let mut parts = vec![self.one()?];
        while self.next_is(&Token::And) {
            parts.push(self.one()?);
        }
        Ok(joined(parts, " AND "))
    }

    fn one(&mut self) -> Result<String, ApiError> {
        if self.next_is(&Token::Not) {
            return Ok(format!("(NOT {})", self.one()?));
        }
        if self.next_is(&Token::Open) {
            let inner = self.any()?;
            return if self.next_is(&Token::Close) { Ok(inner) } else { Err(wrong()) };
        }
        let Some(Token::Filter(number)) = self.tokens.get(self.at) else { return Err(wrong()) };
        let place = number.checked_sub(1).filter(|place| *place < self.conditions.len());
        let place = place.ok_or_else(wrong)?;
        self.at += 1;
        self.used[place] = true;
        Ok(format!("({})", self.conditions[place]))
    }
}

fn joined(mut parts: Vec<String>, between: &str) -> String {
    match parts.len() {
        1 => parts.remove(0),
        _ => format!("({})", parts.join(between)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(logic: &str) -> Result<Option<String>, String> {
        let conditions = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        combine(&conditions, Some(logic)).map_err(|error| error.items[0].message.clone())
    }

    #[test]
    fn logic_is_kept() {
        assert_eq!(of("(1 or 2) AND NOT 3").unwrap().unwrap(), "(((a) OR (b)) AND (NOT (c)))");
        assert_eq!(of("1 OR 2 AND 3").unwrap().unwrap(), "((a) OR ((b) AND (c)))");
        assert_eq!(of("").unwrap().unwrap(), "(a) AND (b) AND (c)");
        for wrong in ["1 AND 2", "1 AND 2 AND 4", "(1 AND 2 AND 3", "1 2 3", "1 AND", "x", "0 OR 1"]
        {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(of("1 AND 2").unwrap_err().contains("not referenced"));
    }
}
